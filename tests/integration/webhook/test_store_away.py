"""While PostgreSQL is away nothing is acknowledged; when it is back, everything is taken as if nothing had been."""

import asyncio

import pytest

from nexus.embedded.postgres import EmbeddedPostgres
from tests.integration.webhook.caller import Caller
from tests.service import eventually
from tests.system import INTERNAL_TOKEN


@pytest.mark.parametrize("crashed", [False, True])
async def test_503_with_retry_after_while_it_is_away_and_recovery(
    caller: Caller, own_postgres: EmbeddedPostgres, crashed: bool
) -> None:
    assert await caller.status(caller.text("antes")) == "accepted"
    if crashed:
        own_postgres.kill()
        await own_postgres.wait()
    else:
        await own_postgres.stop()
    events = [caller.text(f"durante {n}") for n in range(5)]
    try:
        answers = await asyncio.gather(*(caller.deliver(event) for event in events))
        assert [answer.status_code for answer in answers] == [503] * 5
        assert {answer.json()["error"]["code"] for answer in answers} == {"cannot_store"}
        assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers)
        assert (await caller.client.get("/health")).status_code == 200
        ready = await caller.client.get("/ready")
        assert (ready.status_code, ready.json()["database"]) == (503, "down")
        sent = await caller.client.post(
            "/messages/send",
            json={"to": "+5491155550123", "text": "Hola", "client_ref": "r"},
            headers={"X-Internal-Token": INTERNAL_TOKEN, "X-Tenant-ID": str(caller.tenant_id)},
        )
        assert (sent.status_code, "Retry-After" in sent.headers) == (503, True)
    finally:
        await own_postgres.start()

    async def ready_again() -> bool:
        return (await caller.client.get("/ready")).status_code == 200

    await eventually(ready_again, what="the database back")
    assert [await caller.status(event) for event in events] == ["accepted"] * 5
    assert sorted(await caller.contents()) == ["antes", *(f"durante {n}" for n in range(5))]
