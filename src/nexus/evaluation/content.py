"""What one shop's bot really goes by, for scenarios of its own: its published version, read and left as it is."""

from collections.abc import Mapping
from pathlib import Path

from nexus.embedded.stores import open_postgres
from nexus.evaluation.scenario import BadScenarioError
from nexus.orchestrator_service.agent.versions import load_draft
from nexus.store.database import open_pool
from nexus.store.prompt_versions import Content, newest_content
from nexus.store.tenants import load_tenant


async def content_of(tenant_id: int, environ: Mapping[str, str], data_dir: Path) -> Content:
    """The published version of the tenant, else what it would publish. Raises BadScenarioError for no such tenant."""
    async with open_postgres(environ, data_dir) as dsns:
        pool = await open_pool(dsns["POSTGRES_DSN"], "evaluation")
        try:
            tenant = await load_tenant(tenant_id, pool)
            if tenant is None:
                raise BadScenarioError(f"no existe la tienda {tenant_id}")
            _, content = await newest_content(tenant_id, pool) or (0, None)
            return content or await load_draft(tenant, pool)
        finally:
            await pool.close()
