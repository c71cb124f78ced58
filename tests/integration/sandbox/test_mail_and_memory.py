"""The sandbox's mailbox, its memory over a restart, its pages and its control API's refusals."""

from __future__ import annotations

import json
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest

from .conftest import API_KEY, BUSINESS, CUSTOMER, Door, Sandbox, running_sandbox


def a_mail(text: str = "Lucía espera una respuesta.") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"] = "bot@example.test", "dueña@example.test"
    mail["Subject"] = "Atención: <Lucía> espera"
    mail.set_content(text)
    return mail


async def deliver(sandbox: Sandbox, **login: str) -> None:
    await aiosmtplib.send(
        a_mail(),
        sender="bot@example.test",
        recipients=["duena@example.test"],
        hostname="127.0.0.1",
        port=sandbox.smtp_port,
        start_tls=False,
        timeout=5,
        **login,  # type: ignore[arg-type]
    )


async def test_a_mail_lands_in_the_mailbox_and_on_its_page(sandbox: Sandbox) -> None:
    await deliver(sandbox)
    await deliver(sandbox, username="any", password="thing")
    first, second = (await sandbox.control("GET", "/mail"))["mails"]
    assert (first["from"], first["to"]) == ("bot@example.test", "duena@example.test")
    assert (first["subject"], first["text"]) == ("Atención: <Lucía> espera", "Lucía espera una respuesta.")
    assert second["subject"] == first["subject"]
    page = await sandbox.http.get("/mail")
    assert "Atención: &lt;Lucía&gt; espera" in page.text
    assert "default-src 'self'" in page.headers["content-security-policy"]
    await sandbox.control("DELETE", "/mail")
    assert (await sandbox.control("GET", "/mail"))["mails"] == []


@pytest.mark.parametrize("kind", ["450", "drop"])
async def test_an_smtp_fault_keeps_the_mail_out(sandbox: Sandbox, kind: str) -> None:
    await sandbox.control("POST", "/faults", target="smtp", kind=kind)
    with pytest.raises(aiosmtplib.SMTPException):
        await deliver(sandbox)
    assert (await sandbox.control("GET", "/mail"))["mails"] == []
    await deliver(sandbox)
    assert len((await sandbox.control("GET", "/mail"))["mails"]) == 1


async def test_a_restarted_sandbox_remembers_chats_ledger_and_mail(
    environment: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seed = tmp_path / "seed.json"
    number = {"phone": BUSINESS, "api_key": API_KEY, "webhook_url": ""}
    shop = {"store_id": "7654321", "access_token": "shop-token"}
    people = [{"phone": CUSTOMER, "name": "Lucía"}]
    seed.write_text(json.dumps({"numbers": [number], "shops": [shop], "customers": people}))
    monkeypatch.setenv("SANDBOX_SEED_FILE", str(seed))
    monkeypatch.setenv("SANDBOX_DATA_DIR", str(tmp_path / "sandbox"))
    async with running_sandbox() as first:
        await first.control("POST", f"/phone/{CUSTOMER}/messages", text="¿Hay puntas?")
        await first.send(text={"body": "Sí"})
        await deliver(first)
        before = await first.thread()
    async with running_sandbox() as second:
        after = await second.thread()
        assert [line["id"] for line in after["messages"]] == [line["id"] for line in before["messages"]]
        assert [sent["text"] for sent in await second.sends()] == ["Sí"]
        assert len((await second.control("GET", "/mail"))["mails"]) == 1
        await second.control("POST", "/reset")
        assert (await second.thread())["messages"] == []
    async with running_sandbox() as third:
        assert (await third.thread())["messages"] == []
        assert (await third.control("GET", "/customers"))["customers"][0]["name"] == "Lucía"


async def test_a_reset_stops_retries_and_keeps_who_exists(sandbox: Sandbox, door: Door) -> None:
    door.answers = [500] * 8
    await sandbox.control("POST", f"/phone/{CUSTOMER}/messages", text="hola")
    await sandbox.control("POST", "/faults", target="openai", kind="500", times=-1)
    await sandbox.control("POST", "/reset")
    assert (await sandbox.thread())["messages"] == []
    assert (await sandbox.control("GET", "/faults"))["faults"] == []
    assert len((await sandbox.control("GET", "/numbers"))["numbers"]) == 1
    log = (await sandbox.control("GET", "/webhook-log"))["attempts"]
    assert log == []


async def test_the_control_api_says_what_it_cannot_do(sandbox: Sandbox) -> None:
    impossible = await sandbox.http.post("/sandbox/faults", json={"target": "smtp", "kind": "reorder"})
    assert impossible.status_code == 422
    unknown = await sandbox.http.post(f"/sandbox/phone/{CUSTOMER}/messages", json={"to": "+100", "text": "x"})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "unknown_number")
    incomplete = await sandbox.http.post("/sandbox/numbers", json={"phone": BUSINESS})
    assert incomplete.status_code == 422
    listed = (await sandbox.control("GET", "/numbers"))["numbers"][0]
    assert "api_key" not in listed
    assert "webhook_secret" not in listed


async def test_the_phone_page_is_served_under_a_strict_policy(sandbox: Sandbox) -> None:
    page = await sandbox.http.get("/", follow_redirects=True)
    assert page.status_code == 200
    assert "<html" in page.text
    assert "unsafe-inline" not in page.headers["content-security-policy"]
    assert (await sandbox.http.get("/health")).json() == {"status": "ok"}
