"""What the health page judges: facts out of the tables, none of them asked of anybody outside."""

from typing import Any

from nexus.store.database import Pool, one, records, tenant_transaction

_SHOP_TOOLS = ["search_specific_products", "search_by_category", "browse_general_storefront", "orders"]


async def platform_facts(pool: Pool) -> dict[str, Any]:
    """What all tenants share: jobs that wait past their time, jobs that gave up, and which services are connected."""
    async with pool.acquire(timeout=5) as conn:
        jobs = await one(
            conn,
            """select count(*) filter (where status = 'queued' and execute_after < clock_timestamp()) as overdue,
                      min(execute_after) filter (where status = 'queued' and execute_after < clock_timestamp())
                          as overdue_since,
                      count(*) filter (where status = 'failed') as given_up
               from pgqueuer""",
        )
        names = await conn.fetch(
            "select distinct application_name from pg_stat_activity where datname = current_database()"
        )
    return dict(jobs) | {"connected": {row["application_name"] for row in names}}


async def tenant_facts(tenant_id: int, pool: Pool) -> dict[str, Any]:
    """What waits in the shop and since when, and how model, shop, WhatsApp and mail did when they were last needed.

    Outcomes are those of the last 24 hours.
    """
    async with tenant_transaction(tenant_id, pool) as conn:
        waiting = await one(conn, _WAITING, tenant_id)
        model = await one(conn, _MODEL, tenant_id)
        shop = await one(conn, _SHOP, tenant_id, _SHOP_TOOLS)
        sends = await one(conn, _SENDS, tenant_id)
        mail = await one(conn, _MAIL, tenant_id)
        configured = await one(conn, _CONFIGURED, tenant_id)
    return {
        **dict(configured),
        "waiting": dict(waiting),
        "model": dict(model),
        "shop": dict(shop),
        "sends": dict(sends),
        "mail": dict(mail),
    }


async def needs_human_reasons(tenant_id: int, pool: Pool) -> dict[str, int]:
    """How many conversations wait for a person, by the reason that was noted."""
    async with tenant_transaction(tenant_id, pool) as conn:
        rows = await conn.fetch(
            """select coalesce(needs_human_reason, '') as reason, count(*) as count from chat_conversations
               where tenant_id = $1 and needs_human_since is not null group by 1""",
            tenant_id,
        )
    return {row["reason"]: row["count"] for row in records(rows)}


# Volatile clocks use no index: what is bounded by a day is bounded by the transaction's own.
# A burst waits from when its messages began to; a bubble from when it was written.
_WAITING = """
    select count(*) as bursts, min(coalesce(b.first_accepted_at, c.waiting_since)) as bursts_since,
           (select count(distinct m.conversation_id) from chat_messages m
            where m.tenant_id = $1 and m.provider_status in ('pending', 'sending')) as bubbles,
           (select min(m.created_at) from chat_messages m
            where m.tenant_id = $1 and m.provider_status in ('pending', 'sending')) as bubbles_since,
           (select count(*) from chat_messages m
            where m.tenant_id = $1 and m.provider_status = 'unknown'
              and m.status_at < clock_timestamp() - interval '10 minutes') as doubtful
    from chat_conversations c left join bursts b on b.id = c.active_burst_id
    where c.tenant_id = $1 and c.claim_at is not null"""
_MODEL = """
    select max(finished_at) filter (where state = 'answered') as ok_at,
           max(finished_at) filter (where state = 'error' and reason like 'model%') as failed_at,
           (array_agg(reason order by finished_at desc) filter (where state = 'error' and reason like 'model%'))[1]
               as reason
    from bursts where tenant_id = $1 and created_at > now() - interval '24 hours'"""
_SHOP = """
    select max(b.finished_at) filter (where used.tool->>'status' in ('ok', 'empty', 'refused')) as ok_at,
           max(b.finished_at) filter (where used.tool->>'status' = 'error') as failed_at
    from bursts b cross join lateral jsonb_array_elements(b.trace->'tools') as used(tool)
    where b.tenant_id = $1 and b.created_at > now() - interval '24 hours' and b.trace is not null
      and used.tool->>'name' = any($2::text[])"""
_SENDS = """
    select max(sent_at) filter (where provider_status in ('sent', 'delivered', 'read')) as ok_at,
           max(status_at) filter (where provider_status = 'failed') as failed_at,
           count(distinct conversation_id) filter (where provider_status = 'failed' and resent_as is null) as failed
    from chat_messages
    where tenant_id = $1 and role = 'assistant' and delivery = 'outbox'
      and created_at > now() - interval '24 hours'"""
_MAIL = """
    select max(created_at) filter (where email_state = 'sent') as ok_at,
           max(created_at) filter (where email_state = 'failed' or email_state = 'pending' and email_attempts > 0)
               as failed_at,
           count(*) filter (where email_state = 'failed') as failed
    from handoffs where tenant_id = $1 and created_at > now() - interval '24 hours'"""
_CONFIGURED = """
    select t.store_name, t.bot_enabled,
           coalesce(t.tiendanube_store_id, '') <> '' and t.tiendanube_access_token is not null as shop_set,
           exists (select 1 from tenant_credentials c where c.tenant_id = $1 and c.kind = 'ycloud'
                   and c.name = 'api_key' and c.secret is not null) as key_set,
           exists (select 1 from tenant_credentials c where c.tenant_id = $1 and c.kind = 'llm'
                   and (c.secret is not null or c.value is not null)) as model_set,
           (select c.value from tenant_credentials c where c.tenant_id = $1 and c.kind = 'llm' and c.name = 'model')
               as own_model,
           (select c.value from tenant_credentials c where c.tenant_id = $1 and c.kind = 'llm' and c.name = 'base_url')
               as own_base_url, t.time_zone,
           coalesce((select h.enabled from tenant_human_handoff_config h where h.tenant_id = $1), true) as mail_wanted,
           coalesce((select h.destination_email is not null and h.smtp_host is not null
                     from tenant_human_handoff_config h where h.tenant_id = $1), false) as mail_set,
           s.refused as shop_refused, s.refused_at as shop_refused_at, s.refreshed_at as catalogue_at,
           s.error as catalogue_error, clock_timestamp() as now
    from tenants t left join catalogue_syncs s on s.tenant_id = t.id where t.id = $1"""
