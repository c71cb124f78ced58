"""The database's own catalogue: no tenant table without its policies, no unlisted function that looks across."""

from nexus.store.database import Connection, Pool, tenant_transaction

ACROSS_TENANTS = {
    "accept",
    "accept_message",
    "accept_echo",
    "accept_status",
    "accept_history",
    "accept_line",
    "accept_health",
    "conversation_of",
    "join_conversation",
    "join_waiting",
    "message_of_status",
    "claim_media",
    "next_media",
    "claim_bursts",
    "hasten_unreached",
    "bind_waiting",
    "claim_outbox",
    "claim_announcements",
    "next_work",
    "queue_figures",
    "tenant_by_number",
    "list_tenants",
    "create_tenant",
    "webhook_secrets",
    "create_user",
    "add_member",
    "account_by_email",
    "note_login",
    "open_session",
    "close_session",
    "session_by_token",
    "chats_with",
    "catalogue_matches",
    "catalogue_similar",
    "poll_chats",
    "poll_thread",
    "audit_change",
    "note_seen",
    "tenant_people",
    "add_person",
    "rename_user",
    "list_users",
    "ask_code",
    "code_recipient",
    "set_code",
    "change_password",
    "reset_password",
    "erase_records",
    "erase_published",
    "erase_people",
    "erasures_to_finish",
    "tenants_of_store",
    "forget_records",
    "forget_shared",
    "alert_facts",
    "sync_alerts",
    "reset_password_with",
    "codes_living_until",
}
NOT_FOR_SERVICES = {  # only triggers, accept() and join_waiting() call them
    "audit_change",
    "accept_message",
    "accept_echo",
    "accept_status",
    "accept_history",
    "accept_line",
    "accept_health",
    "conversation_of",
    "join_conversation",
    "message_of_status",
}
WITHOUT_TENANT = {
    "keeping_progress",  # one row: how far the provider events have lost their content
    "users",
    "sessions",
    "password_codes",
    "schema_migrations",
    "pgqueuer",
    "pgqueuer_log",
    "pgqueuer_schedules",
    "pgqueuer_statistics",
}


async def _tables(conn: Connection) -> dict[str, bool]:
    """Table to whether it has a tenant (tenants itself has)."""
    rows = await conn.fetch(
        """select c.relname, c.relname = 'tenants' or exists (select 1 from pg_attribute a
                  where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped) as owned
           from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'm', 'f')"""
    )
    return {row["relname"]: row["owned"] for row in rows}


async def _unguarded(conn: Connection) -> set[str]:
    """Tenant tables that lack forced row-level security or one of their three policies."""
    policies = await conn.fetch("select tablename, roles, qual, with_check from pg_policies")
    found = set()
    for table, owned in (await _tables(conn)).items():
        if not owned:
            continue
        secured = await conn.fetchval(
            "select relrowsecurity and relforcerowsecurity from pg_class where oid = $1::text::regclass", table
        )
        mine = {tuple(p["roles"]): (p["qual"], p["with_check"]) for p in policies if p["tablename"] == table}
        apart = mine.pop(("nexus_app",), ("", ""))
        everything = {("nexus_owner",): ("true", "true"), ("nexus_dispatch",): ("true", "true")}
        if not secured or mine != everything or not all("nexus_tenant()" in (rule or "") for rule in apart):
            found.add(table)
    return found


async def _loose_functions(conn: Connection) -> set[str]:
    """SECURITY DEFINER functions that are unlisted, of another owner, of an open search_path, or open to all."""
    rows = await conn.fetch(
        """select p.proname as name, pg_get_userbyid(p.proowner) as owner, coalesce(p.proconfig, '{}') as config,
                  exists (select 1 from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
                          where a.grantee = 0) as open_to_all,
                  has_function_privilege('nexus_app', p.oid, 'execute') as for_services
           from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prosecdef"""
    )
    return {
        row["name"]
        for row in rows
        if row["name"] not in ACROSS_TENANTS
        or row["owner"] != "nexus_dispatch"
        or "search_path=pg_catalog, public" not in row["config"]
        or row["open_to_all"]
        or row["for_services"] == (row["name"] in NOT_FOR_SERVICES)
    }


async def test_every_tenant_table_is_guarded(root: Connection) -> None:
    assert await _unguarded(root) == set()


async def test_a_tenant_table_without_guard_is_seen(root: Connection) -> None:
    for leave_out in ("", "alter table leak enable row level security"):
        transaction = root.transaction()
        await transaction.start()
        await root.execute(f"create table leak (tenant_id integer); {leave_out}")
        assert await _unguarded(root) == {"leak"}
        await root.execute("drop policy one_tenant on bursts")
        await root.execute("create policy one_tenant on bursts to nexus_app using (true)")
        assert await _unguarded(root) == {"leak", "bursts"}
        await transaction.rollback()


async def test_tables_without_a_tenant_are_known_by_name(root: Connection) -> None:
    tables = await _tables(root)
    assert {name for name, owned in tables.items() if not owned} == WITHOUT_TENANT


async def test_the_functions_that_look_across_tenants_are_exactly_the_listed_ones(root: Connection) -> None:
    assert await _loose_functions(root) == set()
    rows = await root.fetch("select proname from pg_proc where pronamespace = 'public'::regnamespace and prosecdef")
    assert {row["proname"] for row in rows} == ACROSS_TENANTS


async def test_a_loose_function_is_seen(root: Connection) -> None:
    for statement, seen in (
        ("create function spy() returns int language sql security definer as 'select 1'", "spy"),
        ("alter function accept(jsonb) reset search_path", "accept"),
        ("alter function claim_bursts(text, integer, interval) owner to nexus_owner", "claim_bursts"),
        ("grant execute on function webhook_secrets() to public", "webhook_secrets"),
        ("grant execute on function accept_message(jsonb) to nexus_app", "accept_message"),
    ):
        transaction = root.transaction()
        await transaction.start()
        await root.execute(statement)
        assert await _loose_functions(root) == {seen}
        await transaction.rollback()


async def test_every_unique_key_of_a_tenant_table_starts_with_the_tenant(root: Connection) -> None:
    keys = await root.fetch(
        """select c.relname, a.attname from pg_index i join pg_class c on c.oid = i.indrelid
           join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
           where c.relnamespace = 'public'::regnamespace and i.indisunique and not i.indisprimary"""
    )
    tables = await _tables(root)
    apart = {(row["relname"], row["attname"]) for row in keys if tables.get(row["relname"])}
    assert {key for key in apart if key[1] != "tenant_id"} == {("tenants", "bot_phone_number")}


async def test_no_view_looks_past_its_reader(root: Connection) -> None:
    views = await root.fetch(
        """select relname, coalesce(reloptions, '{}') as options from pg_class
           where relnamespace = 'public'::regnamespace and relkind = 'v'"""
    )
    assert [row["relname"] for row in views if "security_invoker=true" not in row["options"]] == []


async def test_no_role_of_ours_may_bypass_row_level_security(root: Connection) -> None:
    rows = await root.fetch(
        "select rolname, rolsuper or rolbypassrls as unbound, rolcanlogin from pg_roles where rolname like 'nexus%'"
    )
    assert {row["rolname"] for row in rows} == {"nexus_owner", "nexus_app", "nexus_dispatch"}
    assert not any(row["unbound"] for row in rows)
    assert {row["rolname"] for row in rows if not row["rolcanlogin"]} == {"nexus_dispatch"}


async def test_a_policy_becomes_part_of_the_statement_and_no_query_of_its_own(pool: Pool) -> None:
    """A SET clause or another body would make each statement run it, and plan it, by itself (decision 0028)."""
    async with tenant_transaction(1, pool) as conn:
        plan = "\n".join(row[0] for row in await conn.fetch("explain (costs off) select 1 from labels"))
    assert "current_setting(" in plan
    assert "nexus_tenant" not in plan
