"""What was acknowledged, answered and left unknown: counted from the sandbox's ledger, webhook log and mailbox.

The database says which burst a message and a bubble belong to, and which files it knows; the disk, whether they exist.
"""

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from tests.chaos.said import NOTICE, UNHEARD_ANSWER, Said
from tests.system import Shop, System


@dataclass
class Count:
    """Figures of one shop; all but `acknowledged`, `unheard` and `files` should add up to it or be 0.

    `unheard` are bursts whose customer was told that a voice note could not be heard, `files` what customers sent
    that lies on our disk as its row says.
    """

    written: int = 0
    acknowledged: int = 0
    answered: int = 0
    unheard: int = 0
    unknown: int = 0
    parked: int = 0
    twice: int = 0
    effects_twice: int = 0
    effects_missing: int = 0
    lost: int = 0
    unknown_but_reported: int = 0
    unexpected: int = 0
    files: int = 0
    rows_without_file: int = 0
    files_without_row: int = 0
    files_missing: int = 0
    words_missing: int = 0

    def problems(self, *, may_be_unknown: bool, may_be_unheard: bool) -> list[str]:
        """Every broken invariant of issues 2 and 3, in words; empty when all hold."""
        broken = {
            "not acknowledged": self.written - self.acknowledged,
            "lost": self.lost,
            "parked": self.parked,
            "answered twice": self.twice,
            "tool effect twice": self.effects_twice,
            "tool effect missing": self.effects_missing,
            "unknown though a status came": self.unknown_but_reported,
            "unknown where it may not be": 0 if may_be_unknown else self.unknown,
            "unheard where it may not be": 0 if may_be_unheard else self.unheard,
            "unexpected texts": self.unexpected,
            "acknowledged - answered - unknown": self.acknowledged - self.answered - self.unknown,
            "media row without its file": self.rows_without_file,
            "file without a row": self.files_without_row,
            "message without its file": self.files_missing,
            "voice note with neither words nor notice": self.words_missing,
        }
        return [f"{what}: {how_many}" for what, how_many in broken.items() if how_many]


async def count(system: System, shop: Shop, said: list[Said]) -> Count:
    """Count the shop's messages `said`, at rest. A burst of several messages has one answer."""
    sandbox = system.sandbox
    sends = (await sandbox.get("/sandbox/ledger", params={"number": shop.number})).json()["sends"]
    log = (await sandbox.get("/sandbox/webhook-log", params={"number": shop.number})).json()["attempts"]
    mails = (await sandbox.get("/sandbox/mail")).json()["mails"]
    numbers = (await sandbox.get("/sandbox/numbers")).json()["numbers"]
    reports = next(n["statuses"] for n in numbers if n["phone"] == shop.number)
    taken = {a["event_id"] for a in log if 200 <= a["status"] < 300}
    rows = await _rows(system, shop)
    counted = Count(written=len(said), acknowledged=sum(s.event_id in taken for s in said), parked=rows.parked)
    in_ledger = {send["external_id"] for send in sends}
    counted.unknown_but_reported = len(rows.unknown & in_ledger) if reports else 0
    sent: dict[Any, Counter[str]] = defaultdict(Counter)
    for send in sends:
        sent[rows.burst_of.get(send["external_id"])][send["text"]] += 1
    noticed = {burst_id for burst_id, texts in sent.items() if texts[NOTICE]}
    for burst_id, messages in _bursts(said, taken, rows.burst_of).items():
        _count_burst(counted, messages, sent[burst_id], burst_id in rows.unknown_bursts)
    counted.unexpected = sum(sum(texts.values()) for texts in sent.values())
    for s in (s for s in said if s.handoff and s.event_id in taken):  # one row, one mail
        acted = (rows.effects[rows.burst_of.get(s.wamid)], sum(f"H:{s.marker}" in mail["text"] for mail in mails))
        counted.effects_twice += max(acted) > 1
        counted.effects_missing += min(acted) < 1 and not (s.kind == "voice" and rows.burst_of.get(s.wamid) in noticed)
    counted.words_missing = sum(burst_id not in noticed for burst_id in rows.wordless)
    counted.files_missing = rows.files_missing
    _count_files(counted, rows.files, system.folder, shop.tenant_id)
    return counted


def _bursts(said: list[Said], taken: set[str], burst_of: dict[str, Any]) -> dict[Any, list[Said]]:
    bursts: dict[Any, list[Said]] = defaultdict(list)
    for s in said:
        if s.event_id in taken:
            bursts[burst_of.get(s.wamid, s.wamid)].append(s)
    return bursts


def _count_burst(counted: Count, messages: list[Said], sent: Counter[str], is_unknown: bool) -> None:
    """Add the burst's messages to the figure they belong to, and take its texts out of `sent`.

    A voice note that could not be heard brings a notice, before the answer to the rest or, without a rest, alone.
    """
    spoken = sum(message.kind == "voice" for message in messages)
    notices = sent.pop(NOTICE, 0) if spoken else 0
    only_voice = spoken == len(messages)
    answers, complete = 0, only_voice and notices > 0
    for texts in (*(message.texts for message in messages), *([UNHEARD_ANSWER] if notices else [])):
        times = [sent.pop(text, 0) for text in texts]
        answers += max(times)
        complete = complete or all(times)
    counted.twice += max(0, answers - 1, notices - 1, notices + answers - 1 if len(messages) == 1 else 0)
    counted.unheard += notices > 0
    if is_unknown:
        counted.unknown += len(messages)
    elif complete:
        counted.answered += len(messages)
    else:
        counted.lost += len(messages)


def _count_files(counted: Count, files: list[Any], folder: Path, tenant_id: int) -> None:
    """Every row's file exists as the row says, and every finished file has its row."""
    for row in files:
        path = folder / row["storage_url"]
        content = path.read_bytes() if path.is_file() else b""
        whole = len(content) == row["byte_size"] > 0 and hashlib.sha256(content).hexdigest() == row["sha256"]
        counted.files += whole
        counted.rows_without_file += not whole
    known = {Path(row["storage_url"]).name for row in files}
    kept = folder / "media" / str(tenant_id)
    names = {path.name for path in kept.iterdir()} if kept.is_dir() else set()
    counted.files_without_row = sum(name not in known and not name.endswith(".part") for name in names)


@dataclass
class _Rows:
    burst_of: dict[str, Any]
    unknown: set[str]
    unknown_bursts: set[Any]
    effects: Counter[Any]
    parked: int
    files: list[Any]
    files_missing: int
    wordless: list[Any]


async def _rows(system: System, shop: Shop) -> _Rows:
    """What only our database knows: which burst holds what, what is unknown, parked, done by tools; files and words."""
    conn = await asyncpg.connect(system.postgres.superuser_dsn, database="nexus")
    try:
        messages = await conn.fetch(
            """select coalesce(case when role = 'user' then provider_message_id end, external_id) as id, burst_id, role,
                      provider_status, message_type, content, media_state, media_id
               from chat_messages where tenant_id = $1""",
            shop.tenant_id,
        )
        effects = await conn.fetch("select burst_id from tool_effects where tenant_id = $1", shop.tenant_id)
        parked = await conn.fetchval(
            "select count(*) from bursts where tenant_id = $1 and state = 'parked'", shop.tenant_id
        )
        files = await conn.fetch(
            "select storage_url, byte_size, sha256 from chat_media where tenant_id = $1", shop.tenant_id
        )
    finally:
        await conn.close()
    unknown = [row for row in messages if row["provider_status"] == "unknown"]
    inbound = [row for row in messages if row["role"] == "user"]
    return _Rows(
        burst_of={row["id"]: row["burst_id"] for row in messages if row["id"]},
        unknown={row["id"] for row in unknown},
        unknown_bursts={row["burst_id"] for row in unknown},
        effects=Counter(row["burst_id"] for row in effects),
        parked=parked,
        files=files,
        files_missing=sum(
            row["media_state"] is not None and (row["media_state"] != "stored" or row["media_id"] is None)
            for row in inbound
        ),
        wordless=[row["burst_id"] for row in inbound if row["message_type"] == "audio" and not row["content"]],
    )
