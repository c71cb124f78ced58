"""401 for every delivery that the secret did not sign, as it stands and lately; nothing of it is stored."""

import json
import time

import pytest

from nexus.store.credentials import set_credentials
from nexus.store.database import Pool
from tests.integration.webhook.caller import Caller, sign
from tests.integration.webhook.conftest import VAULT


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "t=1,s=2",
        "garbage",
        "UPPER",
        "cut",
        "other body",
        "other secret",
        "without whsec",
        "trailing dot",
        "no time",
        "sha256",
        "two digests",
        "spaces",
        "arabic digits",
    ],
)
async def test_what_is_not_rightly_signed_is_refused(caller: Caller, broken: str) -> None:
    event = caller.text()
    raw = json.dumps(event).encode()
    right = sign(raw, caller.secret)
    digest = right.split("s=")[1]
    header = {
        "UPPER": right.replace(digest, digest.upper()),
        "cut": right[:-1],
        "other body": sign(raw + b" ", caller.secret),
        "other secret": sign(raw, "whsec_otro"),
        "without whsec": sign(raw, caller.secret.removeprefix("whsec_")),
        "trailing dot": sign(raw + b".", caller.secret),
        "no time": f"s={digest}",
        "sha256": f"sha256={digest}",
        "two digests": f"{right},s={digest}",
        "spaces": right.replace(",", ", "),
        "arabic digits": "t=\xb9\xb2,s=" + digest,
    }.get(broken, broken)
    answer = await caller.client.post(
        "/webhook/ycloud", content=raw, headers={b"YCloud-Signature": header.encode("latin-1")} if header else {}
    )
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "invalid_signature"
    assert await caller.rows("select 1 from provider_events where event_id = $1", event["id"]) == []


async def test_the_signature_is_checked_before_the_body_is_read_as_json(caller: Caller) -> None:
    assert (await caller.post(b"{", "t=1,s=" + "0" * 64)).status_code == 401
    assert (await caller.post(b"{")).status_code == 400


@pytest.mark.parametrize(
    ("age", "status"), [(25_190, 200), (25_210, 401), (-290, 200), (-310, 401), (5 * 3600 + 36 * 60, 200)]
)
async def test_late_and_future_signatures_end_where_the_settings_say(caller: Caller, age: int, status: int) -> None:
    raw = json.dumps(caller.text()).encode()
    assert (await caller.post(raw, sign(raw, caller.secret, time.time() - age))).status_code == status


async def test_a_late_copy_with_its_old_signature_is_a_duplicate(caller: Caller) -> None:
    raw = json.dumps(caller.text()).encode()
    old = sign(raw, caller.secret, time.time() - 5 * 3600 - 36 * 60)
    answers = [await caller.post(raw, old) for _ in range(2)]
    assert [answer.json()["status"] for answer in answers] == ["accepted", "duplicate"]


async def test_another_tenant_s_secret_opens_neither_path_nor_number(caller: Caller, other: Caller) -> None:
    event = caller.text()
    raw = json.dumps(event).encode()
    path = f"/webhook/ycloud/{caller.tenant_id}"
    assert (await caller.post(raw, sign(raw, other.secret), path=path)).status_code == 401
    assert (await other.post(raw)).json() == {"status": "ignored"}  # signed by the neighbour, for a number not its own
    assert (await caller.event(event["id"]))["tenant_id"] is None
    assert await caller.contents() == []
    assert (await caller.post(raw, path=path)).json() == {"status": "accepted"}


@pytest.mark.parametrize("tenant", ["0", "999999", "abc", "1%20or%201=1", "-1", "٣"])
async def test_a_path_of_no_tenant_opens_nothing(caller: Caller, tenant: str) -> None:
    assert (await caller.deliver(caller.text(), path=f"/webhook/ycloud/{tenant}")).status_code == 401


@pytest.mark.parametrize("path", ["/webhook", "/webhook/ycloud", "/webhook/ycloud/{}"])
async def test_every_door_takes_the_right_signature(caller: Caller, path: str) -> None:
    assert await caller.status(caller.text(), path=path.format(caller.tenant_id)) == "accepted"


@pytest.mark.parametrize("endpoint", ["ep_1", "", "x" * 5000, "ñ"])
async def test_an_endpoint_id_of_nobody_narrows_nothing(caller: Caller, endpoint: str) -> None:
    raw = json.dumps(caller.text()).encode()
    headers = {
        b"YCloud-Signature": sign(raw, caller.secret).encode(),
        b"X-Webhook-Endpoint-ID": endpoint.encode("latin-1"),
    }
    answer = await caller.client.post("/webhook/ycloud", content=raw, headers=headers)
    assert answer.json() == {"status": "accepted"}


async def test_a_new_secret_counts_at_once_and_the_previous_one_still_does(caller: Caller, own_pool: Pool) -> None:
    assert await caller.status(caller.text()) == "accepted"
    for turn in range(3):
        before, caller.secret = caller.secret, f"whsec_nuevo_{turn}"
        await set_credentials(caller.tenant_id, own_pool, VAULT, "ycloud", {"webhook_secret": caller.secret})
        assert await caller.status(caller.text()) == "accepted"
        raw = json.dumps(caller.text()).encode()
        assert (await caller.post(raw, sign(raw, before))).json() == {"status": "accepted"}


async def test_an_endpoint_id_that_is_set_leads_to_its_tenant_s_secret(
    caller: Caller, other: Caller, own_pool: Pool
) -> None:
    await set_credentials(
        caller.tenant_id, own_pool, VAULT, "ycloud", {"webhook_endpoint_id": f"ep_{caller.tenant_id}"}
    )
    await set_credentials(other.tenant_id, own_pool, VAULT, "ycloud", {"webhook_endpoint_id": f"ep_{other.tenant_id}"})
    headers = {"X_Webhook_Endpoint_ID": f"ep_{caller.tenant_id}"}
    raw = json.dumps(caller.text()).encode()
    # the ring of secrets is at most five seconds old; a secret that fits nobody has it read again
    assert (await caller.post(raw, sign(raw, "whsec_de_nadie"))).status_code == 401
    assert (await caller.post(raw, sign(raw, other.secret), **headers)).status_code == 401
    assert (await caller.post(raw, **headers)).json() == {"status": "accepted"}


async def test_a_shop_that_joins_an_account_is_known_with_its_first_message(
    caller: Caller, other: Caller, own_pool: Pool
) -> None:
    """Its number was nobody's for as long as the secrets that were read last counted, and its messages were lost."""
    assert await caller.status(caller.text()) == "accepted"
    await set_credentials(other.tenant_id, own_pool, VAULT, "ycloud", {"webhook_secret": caller.secret})
    assert await caller.status(other.text("hola")) == "accepted"
    assert await other.contents() == ["hola"]
