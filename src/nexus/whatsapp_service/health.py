"""What YCloud says of the number, its account and its templates, as one level and one code each (ycloud.md 1.3)."""

from collections.abc import Mapping
from typing import Any

_QUALITY = {"GREEN": "ok", "YELLOW": "warn", "RED": "error"}
_TEMPLATE = {"REJECTED": "error", "DISABLED": "error", "PAUSED": "warn", "FLAGGED": "warn", "PENDING_DELETION": "warn"}
_NUMBER_GONE = {"ACCOUNT_OFFBOARDED": "error", "ACCOUNT_RECONNECTED": "ok"}
_ACCOUNT_FINE = {"VERIFIED_ACCOUNT", "ACCOUNT_RECONNECTED", "APPROVED", "REINSTATED"}
_SHOWN = 500


def health_of(event_type: str, event: Mapping[str, Any]) -> dict[str, Any] | None:
    """{subject, key, level, code, details} of an operational event, `number` where it names one of ours; else None."""
    _, _, what = event_type.partition("whatsapp.")
    family, _, change = what.partition(".")
    read = {"phone_number": _number, "template": _template, "business_account": _account}.get(family)
    given = event.get({"phone_number": "whatsappPhoneNumber", "template": "whatsappTemplate"}.get(family, ""))
    if family == "business_account":
        given = event.get("whatsappBusinessAccount")
    if read is None or not isinstance(given, dict):
        return None
    return read(change, {name: value for name, value in given.items() if isinstance(value, str | int | float)})


def _number(change: str, given: dict[str, Any]) -> dict[str, Any]:
    state = {"number": str(given.get("phoneNumber", "")), "subject": "number", "details": _details(given)}
    if change == "quality_updated":
        rating = str(given.get("qualityRating", "UNKNOWN")).upper()
        return state | {"key": "quality", "level": _QUALITY.get(rating, "ok"), "code": f"quality_{rating.lower()}"[:64]}
    if change == "deleted":
        return state | {"key": "connection", "level": "error", "code": "number_deleted"}
    moved = str(given.get("updateEvent", "")).upper()
    if moved in _NUMBER_GONE:
        return state | {"key": "connection", "level": _NUMBER_GONE[moved], "code": moved.lower()}
    return state | {"key": change[:64] or "number", "level": "ok", "code": change[:64] or "updated"}


def _template(change: str, given: dict[str, Any]) -> dict[str, Any]:
    name, language = str(given.get("name", ""))[:512], str(given.get("language", ""))[:16]
    status = str(given.get("statusUpdateEvent") or given.get("status") or "UNKNOWN").upper()
    level, code = _TEMPLATE.get(status, "ok"), f"template_{status.lower()}"[:64]
    if change == "category_updated":
        level, code = "warn", "template_category_changed"
    elif change == "quality_updated" and level == "ok":
        rating = str(given.get("qualityRating", "UNKNOWN")).upper()
        level, code = _QUALITY.get(rating, "ok"), f"template_quality_{rating.lower()}"[:64]
    details = _details(given) | {"name": name, "language": language}
    return {"subject": "template", "key": f"{name}/{language}", "level": level, "code": code, "details": details}


def _account(change: str, given: dict[str, Any]) -> dict[str, Any]:
    state = {"subject": "account", "key": "account", "details": _details(given)}
    if change == "deleted":
        return state | {"level": "error", "code": "account_deleted"}
    said = str(given.get("updateEvent") or given.get("accountReviewStatus") or given.get("status") or change).upper()
    if change == "reviewed":
        level = "ok" if said in _ACCOUNT_FINE else "error" if said == "REJECTED" else "warn"
    else:
        level = "ok" if said in _ACCOUNT_FINE else "error"
    return state | {"level": level, "code": f"account_{said.lower()}"[:64]}


def _details(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value[:_SHOWN] if isinstance(value, str) else value for name, value in list(given.items())[:40]}
