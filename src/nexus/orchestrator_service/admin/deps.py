"""What the admin routes work with, handed to them by the process that serves them."""

from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import Depends, Request

from nexus.runtime.cache import Cache
from nexus.runtime.settings import Settings
from nexus.store.database import Pool
from nexus.store.secrets import Vault


class Room(Protocol):
    """What the admin API asks of the agent's room."""

    async def test_llm(self, tenant_id: int) -> tuple[bool, str]:
        """Whether the tenant's model answers, and one Spanish sentence about it."""

    async def test_tiendanube(self, tenant_id: int) -> tuple[bool, str]:
        """Whether the tenant's shop opens with its credentials, and one Spanish sentence about it."""


@dataclass(frozen=True, slots=True)
class AdminDeps:
    """Stores, secrets and settings of the process."""

    pool: Pool
    cache: Cache
    vault: Vault
    settings: Settings
    room: Room


async def admin_deps(request: Request) -> AdminDeps:
    """The dependencies that `admin_router` put on this request."""
    deps: AdminDeps = request.state.admin
    return deps


Deps = Annotated[AdminDeps, Depends(admin_deps)]
