"""A row of the thread as the API shows it: words, file, what it answers, what became of it, what may be done."""

from mimetypes import guess_type
from typing import Any
from urllib.parse import unquote, urlsplit

from nexus.orchestrator_service.admin.media_words import media_problem, unsupported_words, words_problem
from nexus.orchestrator_service.admin.message_shapes import (
    Contact,
    Details,
    Location,
    Media,
    MessageItem,
    Order,
    OrderLine,
    Product,
    Quoted,
    Reaction,
    Referral,
    Reply,
    SentTemplate,
    StatusReason,
    Unsupported,
)
from nexus.orchestrator_service.admin.status_reasons import status_reason

_QUOTED_CHARACTERS = 300
_SEEN_ELSEWHERE = ("echo", "history")


def message_item(row: dict[str, Any]) -> MessageItem:
    """One row of `list_thread`."""
    reason = status_reason(row["provider_status"], row["status_code"])
    return MessageItem(
        id=row["id"],
        role="human_supervisor" if row["author"] == "human" else row["role"],
        author=row["author"],
        type=row["message_type"],
        content=_words(row),
        created_at=row["at"],
        status=row["provider_status"],
        status_reason=StatusReason(code=reason[0], message=reason[1]) if reason else None,
        media=_media(row),
        media_state=row["media_state"],
        media_problem=media_problem(row["media_state"], row["media_problem"]),
        transcript_state=row["words_state"],
        transcript_problem=words_problem(row["words_state"], row["words_problem"]),
        quoted=_quoted(row),
        reactions=[Reaction.model_validate(reaction) for reaction in row["reactions"]],
        details=_details(row),
        can_resend=_can_resend(row),
        can_discard=_can_discard(row),
        resent_as=row["resent_as"],
        burst_id=row["burst_id"],
    )


def _words(row: dict[str, Any]) -> str:
    content: str = row["content"]
    if _is_address(row):
        return str((row.get("payload") or {}).get("caption") or "")
    if row["message_type"] == "template":
        return _template(row).text or ""
    return content


def _is_address(row: dict[str, Any]) -> bool:
    """A picture of the shop is stored as its address (S-096); a customer's words never count as one."""
    ours = row["author"] in ("bot", "human") and row.get("kind") not in _SEEN_ELSEWHERE and row.get("file_id") is None
    return ours and row["message_type"] == "image" and row["content"].startswith(("https://", "http://"))


def _media(row: dict[str, Any]) -> Media | None:
    if row["file_id"] is not None:
        return Media(
            id=row["file_id"],
            url=f"/admin/media/{row['file_id']}",
            type=row["media_type"],
            mime=row["mime_type"],
            name=row["file_name"],
            size=row["byte_size"],
            seconds=row["seconds"],
        )
    if not _is_address(row):
        return None
    path = urlsplit(row["content"]).path
    name = unquote(path.rsplit("/", 1)[-1]) or None
    return Media(
        id=None, url=row["content"], type="image", mime=guess_type(path)[0], name=name, size=None, seconds=None
    )


def _quoted(row: dict[str, Any]) -> Quoted | None:
    if not row["quoted_id"]:
        return None
    original = row["quoted"]
    if original is None:
        return Quoted(id=None, author=None, type=None, text="")
    return Quoted(
        id=original["id"],
        author=original["author"],
        type=original["message_type"],
        text=_words(original)[:_QUOTED_CHARACTERS],
    )


def _details(row: dict[str, Any]) -> Details | None:
    """What is for people: no link of the provider, no id or payload that only programs know."""
    payload, kind = row["payload"], row["message_type"]
    given: dict[str, Any] = payload.get("details") or {}
    found = Details()
    if kind == "location" and given:
        found.location = Location.model_validate(given)
    elif kind == "contacts":
        found.contacts = [Contact.model_validate(person) for person in given.get("contacts", [])]
    elif kind == "order":
        found.order = Order(items=[OrderLine.model_validate(line) for line in given.get("items", [])])
    elif kind in ("interactive", "button") and given:
        title = given.get("title") or given.get("text") or given.get("name")
        found.reply = Reply(
            kind=given.get("kind", kind), title=title, description=given.get("description"), body=given.get("body")
        )
    elif kind == "unsupported":
        name = given.get("kind", "unknown")
        found.unsupported = Unsupported(kind=name, message=unsupported_words(name))
    elif kind == "template":
        found.template = _template(row)
    if payload.get("referral"):
        found.referral = Referral.model_validate(payload["referral"])
    if payload.get("product"):
        found.product = Product.model_validate(payload["product"])
    return found if found != Details() else None


def _template(row: dict[str, Any]) -> SentTemplate:
    """One that somebody sent from YCloud's Inbox says no more than its name, in the words kept of it."""
    payload = row["payload"]
    parameters = payload.get("parameters")
    return SentTemplate(
        name=str(payload.get("name") or row["content"].removeprefix("[plantilla ").removesuffix("]")),
        language=str(payload.get("language") or ""),
        parameters=[str(value) for value in parameters] if isinstance(parameters, list) else [],
        text=payload.get("text"),
    )


def _is_ours_to_send(row: dict[str, Any]) -> bool:
    return row["delivery"] == "outbox" and row["role"] == "assistant" and row["resent_as"] is None


def _can_resend(row: dict[str, Any]) -> bool:
    """A send that nobody confirmed is left alone for ten minutes: its status may still come (architecture.md 4)."""
    return _is_ours_to_send(row) and (row["provider_status"] == "failed" or bool(row["doubtful"]))


def _can_discard(row: dict[str, Any]) -> bool:
    if not _is_ours_to_send(row):
        return False
    failed_by_hand = row["provider_status"] == "failed" and row["author"] == "human"
    return row["provider_status"] == "pending" or failed_by_hand or bool(row["doubtful"])
