"""How far a shop is set up, as the tables tell."""

from datetime import time
from typing import Any

from nexus.store.agenda import DEFAULT_HOURS
from nexus.store.database import Pool, one, tenant_transaction


async def setup_facts(tenant_id: int, pool: Pool) -> dict[str, Any]:
    """What is there and what was seen to work; `agenda_hours` are hours that somebody of the shop chose."""
    async with tenant_transaction(tenant_id, pool) as conn:
        facts = dict(
            await one(
                conn,
                """select t.bot_enabled, t.business_hours <> '[]' as business_hours,
                          coalesce(t.tiendanube_store_id, '') <> '' and t.tiendanube_access_token is not null
                              as shop_set,
                          exists (select 1 from tenant_credentials c where c.tenant_id = $1 and c.kind = 'ycloud'
                                  and c.name = 'api_key' and c.secret is not null) as key_set,
                          exists (select 1 from tenant_credentials c where c.tenant_id = $1 and c.kind = 'ycloud'
                                  and c.name = 'webhook_secret' and c.secret is not null) as secret_set,
                          (select h.level from whatsapp_health h where h.tenant_id = $1
                           and h.subject = 'credential' and h.key = 'ycloud') as key_level,
                          exists (select 1 from bursts b where b.tenant_id = $1 and b.state = 'answered') as answered,
                          coalesce((select h.enabled and h.destination_email is not null and h.smtp_host is not null
                                    from tenant_human_handoff_config h where h.tenant_id = $1), false) as mail_set
                   from tenants t where t.id = $1""",
                tenant_id,
            )
        )
        hours = await conn.fetch("select weekday, opens, closes from agenda_hours where tenant_id = $1", tenant_id)
    chosen: set[tuple[int, time, time]] = {tuple(row) for row in hours}
    return facts | {"agenda_hours": bool(chosen) and chosen != set(DEFAULT_HOURS)}
