"""The handoff's e-mail: durable, tried again, never in the way of the lockout (S-047)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from email import message_from_string
from typing import Any

import asyncpg
import pytest

from nexus.embedded.postgres import EmbeddedPostgres
from nexus.gateways.ycloud.account import YCloudAccount
from nexus.orchestrator_service.handoff import mail as handoff_mail
from nexus.orchestrator_service.handoff.letter import letter
from nexus.orchestrator_service.handoff.mail import PAUSES, send_handoff_email
from nexus.orchestrator_service.jobs import run_jobs
from nexus.store.effects import load_handoff, save_handoff_config

from .conftest import Sandbox, Shop

OWNER = "duenia@danzasur.example"


@pytest.fixture
async def mailing(shop: Shop, sandbox: Sandbox) -> Shop:
    """A shop whose handoffs go to the sandbox's mailbox."""
    await sandbox.control("DELETE", "/mail")
    config = {
        "destination_email": OWNER, "smtp_host": "127.0.0.1", "smtp_port": sandbox.smtp_port, "smtp_security": "NONE",
    }  # fmt: skip
    await save_handoff_config(shop.id, shop.pool, shop.vault, config)
    return shop


@asynccontextmanager
async def working(shop: Shop, postgres: EmbeddedPostgres) -> AsyncIterator[None]:
    stop = asyncio.Event()
    account = YCloudAccount(shop.settings)
    worker = asyncio.create_task(run_jobs(postgres.app_dsn, shop.settings, shop.pool, shop.vault, account, stop))
    try:
        yield
    finally:  # one left behind would send the mails of later tests
        stop.set()
        await asyncio.wait_for(worker, 15)
        await account.close()


async def until(condition: Callable[[], Awaitable[Any]]) -> Any:
    async with asyncio.timeout(30):
        while not (found := await condition()):
            await asyncio.sleep(0.05)
    return found


async def handed_over(shop: Shop) -> dict[str, Any]:
    await shop.ask("Quiero hablar con una persona", name="Lucía\nBcc: x@example.test")
    return (await shop.rows("select * from handoffs order by created_at desc limit 1"))[0]


async def state(shop: Shop) -> str:
    return str((await shop.rows("select email_state from handoffs"))[0]["email_state"])


async def test_the_worker_sends_the_mail_of_a_handoff(
    mailing: Shop, sandbox: Sandbox, postgres: EmbeddedPostgres
) -> None:
    async with working(mailing, postgres):
        await handed_over(mailing)
        await until(lambda: _is(mailing, "sent"))
    (mail,) = [mail for mail in await sandbox.mails() if "necesita una persona" in mail["subject"]]  # and no alert
    assert OWNER in str(mail["to"])
    assert mail["subject"] == "Lucía Bcc: x@example.test necesita una persona – Danza Sur"
    for part in ("https://wa.me/5491155550123", "Quiero hablar con una persona", "Motivo: ", "Devolver al bot"):
        assert part in mail["text"]


async def _is(shop: Shop, wanted: str) -> bool:
    return await state(shop) == wanted


async def test_a_handoff_made_while_nobody_worked_is_mailed_later_and_once(
    mailing: Shop, sandbox: Sandbox, postgres: EmbeddedPostgres
) -> None:
    handoff = await handed_over(mailing)
    async with working(mailing, postgres), working(mailing, postgres):
        await until(lambda: _is(mailing, "sent"))
    assert await send_handoff_email(mailing.id, handoff["id"], mailing.pool, mailing.vault) is None
    assert len(await sandbox.mails()) == 1


async def test_the_worker_survives_the_loss_of_its_connections(
    mailing: Shop, sandbox: Sandbox, postgres: EmbeddedPostgres
) -> None:
    admin = await asyncpg.connect(postgres.superuser_dsn)
    async with working(mailing, postgres):

        async def cut() -> int:
            return int(await admin.fetchval(
                """select count(pg_terminate_backend(pid)) from pg_stat_activity
                   where application_name = 'orchestrator_jobs'"""))  # fmt: skip

        await until(cut)
        await handed_over(mailing)
        await until(lambda: _is(mailing, "sent"))
    await admin.close()
    assert len(await sandbox.mails()) == 1


async def test_a_mail_server_that_is_down_is_tried_five_times_and_each_failure_is_an_event(
    mailing: Shop, sandbox: Sandbox
) -> None:
    await save_handoff_config(mailing.id, mailing.pool, mailing.vault, {"smtp_port": 9})
    handoff = await handed_over(mailing)
    pauses = [await send_handoff_email(mailing.id, handoff["id"], mailing.pool, mailing.vault) for _ in range(5)]
    assert pauses == [*PAUSES, None]
    assert await state(mailing) == "failed"
    levels = [event["level"] for event in await mailing.events() if event["event_type"] == "smtp_failed"]
    assert levels == ["error", "warn", "warn", "warn", "warn"]
    assert mailing.last is not None
    assert await mailing.lockout(mailing.last.conversation_id) is not None


@pytest.mark.parametrize("kind", ["450", "reset"])
async def test_a_failed_try_followed_by_a_working_server_sends_it(mailing: Shop, sandbox: Sandbox, kind: str) -> None:
    await sandbox.fault("smtp", kind, times=1)
    handoff = await handed_over(mailing)
    assert await send_handoff_email(mailing.id, handoff["id"], mailing.pool, mailing.vault) == PAUSES[0]
    assert await send_handoff_email(mailing.id, handoff["id"], mailing.pool, mailing.vault) is None
    assert len(await sandbox.mails()) == 1


async def test_a_shop_without_a_mail_server_is_told_once(shop: Shop, sandbox: Sandbox) -> None:
    handoff = await handed_over(shop)
    assert await send_handoff_email(shop.id, handoff["id"], shop.pool, shop.vault) is None
    assert await state(shop) == "skipped"
    assert "handoff_email_skipped" in [event["event_type"] for event in await shop.events()]


async def test_a_shop_that_wants_no_mails_gets_none(mailing: Shop, sandbox: Sandbox) -> None:
    await save_handoff_config(mailing.id, mailing.pool, mailing.vault, {"enabled": False})
    handoff = await handed_over(mailing)
    assert await send_handoff_email(mailing.id, handoff["id"], mailing.pool, mailing.vault) is None
    assert (await state(mailing), await sandbox.mails()) == ("skipped", [])


async def test_another_shops_handoff_cannot_be_mailed(mailing: Shop, sandbox: Sandbox, make_shop: Any) -> None:
    handoff, other = await handed_over(mailing), await make_shop()
    assert await send_handoff_email(other.id, handoff["id"], other.pool, other.vault) is None
    assert (await state(mailing), await sandbox.mails()) == ("pending", [])


async def test_the_panels_test_sends_a_mail_or_says_why_not(mailing: Shop, sandbox: Sandbox) -> None:
    config = await mailing.smtp_config()
    assert await handoff_mail.test_smtp(config) == (True, f"Envié un correo de prueba a {OWNER}.")
    assert (await sandbox.mails())[0]["subject"] == "Prueba de correo de Nexus"
    ok, sentence = await handoff_mail.test_smtp(config | {"smtp_port": 9})
    assert (ok, "127.0.0.1:9" in sentence) == (False, True)
    assert (await handoff_mail.test_smtp(config | {"smtp_host": None}))[0] is False


async def test_the_mail_of_one_handoff_has_one_message_id(mailing: Shop) -> None:
    row = await handed_over(mailing)
    handoff = await load_handoff(mailing.id, mailing.pool, row["id"])
    assert handoff is not None
    ids = {message_from_string(letter(handoff, OWNER, OWNER).as_string())["Message-ID"] for _ in range(2)}
    assert ids == {f"<handoff-{row['id']}@nexus.invalid>"}
