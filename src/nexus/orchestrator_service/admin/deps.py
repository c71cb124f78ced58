"""What the admin routes work with, handed to them by the process that serves them."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from nexus.gateways.ycloud.account import YCloudAccount
from nexus.orchestrator_service.agent.room import AgentRoom
from nexus.runtime.cache import Cache
from nexus.runtime.media_folder import MediaFolder
from nexus.runtime.settings import Settings
from nexus.store.database import Pool
from nexus.store.installation import Guards
from nexus.store.secrets import Vault


@dataclass(frozen=True, slots=True)
class AdminDeps:
    """Stores, secrets and settings of the process; of the room, the shops and models that live tests try."""

    pool: Pool
    cache: Cache
    vault: Vault
    settings: Settings
    room: AgentRoom
    account: YCloudAccount
    guards: Guards = field(default_factory=Guards)

    @property
    def folder(self) -> MediaFolder:
        """Where the shops' files are."""
        return MediaFolder(self.settings)


async def admin_deps(request: Request) -> AdminDeps:
    """What `serve_admin` gave the app."""
    deps: AdminDeps = request.app.state.admin
    return deps


Deps = Annotated[AdminDeps, Depends(admin_deps)]
