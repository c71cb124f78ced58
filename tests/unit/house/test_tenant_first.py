"""Whoever reads or writes a tenant's data says whose, first; what looks across tenants is on this list."""

from tests.unit.house import rules

ACROSS_TENANTS = {
    # the tenant family: how a tenant is found, listed and made
    "tenants.tenant_by_number",
    "tenants.list_tenants",
    "tenants.tenants_of_store",
    "erasure.erasures_to_finish",
    "tenants.create_tenant",
    "environment.sync_environment",
    # people belong to several tenants or to none
    "accounts.create_user",
    "accounts.log_in",
    "accounts.log_out",
    "accounts.person_of_session",
    "accounts.account_id",
    "accounts.password_matches",
    "accounts.hash_password",
    "accounts.session_digest",
    "accounts.rename",
    "accounts.list_users",
    "passwords.is_weak",
    "passwords.ask_code",
    "passwords.code_recipient",
    "passwords.make_code",
    "passwords.reset_password",
    "passwords.change_password",
    "resealing.codes_living_until",
    # queues: events, bursts and bubbles of any tenant, claimed by whoever is free
    "inbox.accept_events",
    "queue.claim_bursts",
    "queue.hasten_unreached",
    "queue.join_waiting",
    "queue.next_work",
    "media.claim_media",
    "media.next_media",
    "queue.queue_figures",
    "health.platform_facts",
    "installation.installation_facts",
    "installation.note_backup",
    "installation.zone_of_database",
    "outbox.claim_outbox",
    "announcements.say_waiting",
    "credentials.webhook_secrets",
    # what is no single shop's, and what is wrong with any of them
    "keeping.forget_shared",
    "alerts.alert_facts",
    "alerts.open_and_close",
    # the database itself
    "database.open_pool",
    "database.platform_transaction",
    "database.refuse_unsafe_role",
    "database.notify_work",
    "database.one",
    "database.records",
    "patience.through_restart",
    "migrate.migrations",
    "migrate.contract_of",
    "migrate.migrate",
    "migrate.schema_state",
    "migrate.schema_is_current",
    "migrate.refuse_other_schema",
    "roles.ensure_roles",
    "readiness.readiness",
    "listen.listen",
    # a backup holds everybody's rows
    "dump.connect_plainly",
    "dump.snapshot",
    "dump.applied_migrations",
    "dump.table_shapes",
    "dump.copy_out",
    "dump.sequence_values",
    "dump.sealing_keys",
    "dump.files_of_rows",
    "dump.size_of",
    # a shop that comes in has no id yet
    "tenant_copy.shop_arriving",
    "tenant_copy.migrations_here",
    "listen.hear",
    "refill.other_sessions",
    "refill.filled_table",
    "refill.remove_schema",
    "refill.gather_statistics",
}


def _tenantless() -> set[str]:
    found: set[str] = set()
    for path in rules.files("*.py", "src/nexus/store"):
        found |= rules.tenantless_functions(path.stem, path.read_text(encoding="utf-8"))
    return found


def test_every_store_function_takes_its_tenant_first() -> None:
    assert _tenantless() - ACROSS_TENANTS == set()


def test_the_list_of_exceptions_names_nothing_that_is_gone() -> None:
    assert ACROSS_TENANTS - _tenantless() == set()


def test_a_function_without_its_tenant_first_is_seen() -> None:
    source = "async def a(pool, tenant_id): ...\ndef b(): ...\nasync def c(tenant_id, pool): ...\ndef _d(): ...\n"
    assert rules.tenantless_functions("m", source) == {"m.a", "m.b"}
