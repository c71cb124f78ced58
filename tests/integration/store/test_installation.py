"""What weakens the house is seen from inside it: roles, row security, PostgreSQL's log, the schema, a zone."""

from datetime import UTC, datetime, timedelta
from typing import Any

from nexus.embedded.postgres import EmbeddedPostgres
from nexus.orchestrator_service.admin.health_installation import installation_rows
from nexus.store.database import Connection, open_pool
from nexus.store.installation import BACKUP_TAKEN, installation_facts, note_backup, zone_of_database
from tests.integration.store.room import Room

_WEAKEN = """
    alter table labels no force row level security;
    create policy hole on tenants to nexus_app using (true);
    grant nexus_dispatch to nexus_app;
    alter role nexus_app set log_statement = 'all';
    alter role nexus_app set log_parameter_max_length = -1;
    insert into schema_migrations (name, sha256) values ('9999_later', 'x')"""
_MEND = """
    alter table labels force row level security;
    drop policy hole on tenants;
    revoke nexus_dispatch from nexus_app;
    alter role nexus_app reset log_statement;
    alter role nexus_app reset log_parameter_max_length;
    delete from schema_migrations where name = '9999_later'"""


def _levels(facts: dict[str, Any], now: datetime) -> dict[str, str]:
    """Without the backup's row: another test may have taken one."""
    return {row.key: row.level for row in installation_rows(facts, now) if row.key != "backup"}


async def test_what_weakens_the_isolation_or_tells_secrets_is_seen(
    room: Room, root: Connection, postgres: EmbeddedPostgres
) -> None:
    now = datetime.now(UTC)
    facts = await installation_facts(room.pool)
    assert _levels(facts, now) == dict.fromkeys(("schema", "roles", "row_security", "parameter_logging"), "ok")
    assert abs(facts["ahead"]) < timedelta(minutes=1)  # one machine, one clock
    try:
        await root.execute(_WEAKEN)
        pool = await open_pool(postgres.app_dsn, "tests", max_size=2)
        weak = await installation_facts(pool)
        await pool.close()
    finally:
        await root.execute(_MEND)
    assert (weak["loose"], weak["unknown"]) == (["labels", "tenants"], ["9999_later"])
    assert "tenants" in weak["shown"]  # and whatever else has rows by other tests
    rows = {row.key: row for row in installation_rows(weak, now)}
    assert _levels(weak, now) == {
        "schema": "warn", "roles": "error", "row_security": "error", "parameter_logging": "error",
    }  # fmt: skip
    assert all(row.fix for row in rows.values() if row.level != "ok")
    assert "Sin estar en ninguna tienda se ven filas" in rows["row_security"].message


async def test_a_backup_is_known_by_its_event_and_a_zone_by_its_hours(room: Room, postgres: EmbeddedPostgres) -> None:
    now = datetime.now(UTC)
    try:
        assert await note_backup(postgres.owner_dsn, now)
        facts = await installation_facts(room.pool)
    finally:
        await room.root.execute("delete from system_events where event_type = $1", BACKUP_TAKEN)
    levels = {days: installation_rows(facts, facts["backup_at"] + timedelta(days=days))[-1].level for days in (1, 3, 9)}
    assert levels == {1: "ok", 3: "warn", 9: "error"}
    assert not await note_backup("postgresql://nexus_owner:x@127.0.0.1:1/nexus", now)
    assert await zone_of_database(room.pool, "America/Argentina/Buenos_Aires", now) == timedelta(hours=-3)
    assert await zone_of_database(room.pool, "Marte/Olimpo", now) is None
