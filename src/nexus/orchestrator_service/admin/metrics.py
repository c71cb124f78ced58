"""`/admin/metrics`: how the conversations of a period went, in figures that docs/figures.md defines."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from nexus.contracts.errors import errors
from nexus.orchestrator_service.admin.auth import FileReader
from nexus.orchestrator_service.admin.csv_file import TYPE, csv_text
from nexus.orchestrator_service.admin.deps import AdminDeps, Deps
from nexus.orchestrator_service.admin.local_days import EARLIEST, LATEST, period_invalid
from nexus.orchestrator_service.handoff.why import LABELS, why
from nexus.runtime.errors import ApiError
from nexus.store.figures import Period, handover_reasons, messages_by_hour, period_figures
from nexus.store.tenants import load_tenant

_DEFAULT_DAYS, _MOST_DAYS = 7, 366
_ERRORS = errors(400, 401, 404, 422, 503)

router = APIRouter(prefix="/admin", tags=["registro y cifras"])


class Figures(BaseModel):
    """The sums of a period; a percentile is null where nothing was answered."""

    conversations: int = 0
    answered_by_bot: int = 0
    handed_over: int = 0
    first_response_p50_seconds: float | None = None
    first_response_p90_seconds: float | None = None
    tokens: int = 0


class DayFigures(BaseModel):
    """One local day."""

    date: date
    conversations: int = 0
    answered_by_bot: int = 0
    handed_over: int = 0
    messages_in: int = 0
    messages_out: int = 0
    first_response_p50_seconds: float | None = None
    first_response_p90_seconds: float | None = None
    tokens_in: int = 0
    tokens_out: int = 0


class HandoffReason(BaseModel):
    """How often conversations passed to people for one kind of reason."""

    reason: str
    label: str
    count: int


class HourFigures(BaseModel):
    """Customers' messages in one hour of the day."""

    hour: int
    messages_in: int


class Metrics(BaseModel):
    """A period of the shop's own days, `to` not included, beside the period of equal length before it."""

    since: date = Field(serialization_alias="from")
    to: date
    time_zone: str
    figures: Figures
    previous: Figures
    days: list[DayFigures]
    handoff_reasons: list[HandoffReason]
    hours: list[HourFigures]


@dataclass(frozen=True, slots=True)
class Days:
    """The days that were asked for, in the shop's zone."""

    tenant_id: int
    since: date
    to: date
    zone: str

    def period(self) -> Period:
        """From the first day's midnight to the last one's."""
        return self._between(self.since, self.to)

    def before(self) -> Period:
        """As many days before them."""
        return self._between(self.since - (self.to - self.since), self.since)

    def each(self) -> list[date]:
        """Every day in order."""
        return [self.since + timedelta(days=n) for n in range((self.to - self.since).days)]

    def _between(self, since: date, to: date) -> Period:
        zone = ZoneInfo(self.zone)
        return Period(datetime.combine(since, time(), zone), datetime.combine(to, time(), zone), self.zone)


async def days_asked(
    deps: Deps,
    scope: FileReader,  # a link to the file carries the tenant itself
    since: Annotated[date | None, Query(alias="from", description="El primer día; si falta, una semana")] = None,
    to: Annotated[date | None, Query(description="El día siguiente al último; si falta, mañana")] = None,
) -> Days:
    """The last seven days with today where nothing is said. Raises 422."""
    tenant = await load_tenant(scope.tenant_id, deps.pool)
    if tenant is None:
        raise ApiError(404, "tenant_not_found", "Esa tienda no existe.")
    until = to or datetime.now(UTC).astimezone(ZoneInfo(tenant.time_zone)).date() + timedelta(days=1)
    first = since or until - timedelta(days=_DEFAULT_DAYS)
    if not (EARLIEST <= first < until <= LATEST) or (until - first).days > _MOST_DAYS:
        raise period_invalid()
    return Days(scope.tenant_id, first, until, tenant.time_zone)


Asked = Annotated[Days, Depends(days_asked)]


@router.get("/metrics", summary="Las cifras de un período", responses=_ERRORS)
async def metrics(deps: Deps, asked: Asked) -> Metrics:
    """Conversations: those with a customer's message in the period. Answered by the bot: those with a reply of its own.

    Handed over: those that passed to a person, because the bot or somebody of the panel handed them off or because the
    bot could not answer. First response: from the customer's first unanswered message to the next answer of bot or
    person. Tokens: what the model read and wrote for answers. Each is counted once in a period, so the days' sums may
    be more than the period's.
    """
    sums, before, by_day = await period_figures(asked.tenant_id, deps.pool, asked.period(), asked.before())
    return Metrics(
        since=asked.since,
        to=asked.to,
        time_zone=asked.zone,
        figures=_figures(sums),
        previous=_figures(before),
        days=_days(asked, by_day),
        handoff_reasons=await _reasons(deps, asked),
        hours=await _hours(deps, asked),
    )


@router.get(
    "/metrics.csv",
    summary="Una tabla de las cifras, como archivo",
    response_class=Response,
    responses=_ERRORS | {200: {"content": {"text/csv": {}}, "description": "RFC 4180, UTF-8 con BOM"}},
)
async def metrics_csv(
    deps: Deps, asked: Asked, table: Annotated[Literal["days", "handoff_reasons", "hours"], Query()]
) -> Response:
    """The same rows as /metrics has, column by column."""
    rows: list[Any]
    if table == "days":
        kind: type[BaseModel] = DayFigures
        rows = _days(asked, (await period_figures(asked.tenant_id, deps.pool, asked.period(), asked.before()))[2])
    elif table == "hours":
        kind, rows = HourFigures, await _hours(deps, asked)
    else:
        kind, rows = HandoffReason, await _reasons(deps, asked)
    text = csv_text(list(kind.model_fields), [row.model_dump() for row in rows])
    name = f"nexus-{table}-{asked.since}-{asked.to}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text.encode(), media_type=TYPE, headers=headers)


def _figures(sums: dict[str, Any]) -> Figures:
    tokens = int(sums.get("tokens_in", 0) + sums.get("tokens_out", 0))
    return Figures.model_validate(_rounded(sums) | {"tokens": tokens})


def _days(asked: Days, by_day: dict[Any, dict[str, Any]]) -> list[DayFigures]:
    return [DayFigures.model_validate(_rounded(by_day.get(day, {})) | {"date": day}) for day in asked.each()]


def _rounded(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: round(value, 1) if isinstance(value, float) else value for name, value in figures.items()}


async def _reasons(deps: AdminDeps, asked: Days) -> list[HandoffReason]:
    """The most frequent first."""
    counted: Counter[str] = Counter()
    for row in await handover_reasons(asked.tenant_id, deps.pool, asked.period()):
        counted[why(row["source"], row["reason"])] += row["count"]
    ordered = sorted(counted.items(), key=lambda found: (-found[1], found[0]))
    return [HandoffReason(reason=kind, label=LABELS[kind], count=count) for kind, count in ordered]


async def _hours(deps: AdminDeps, asked: Days) -> list[HourFigures]:
    """All 24."""
    found = await messages_by_hour(asked.tenant_id, deps.pool, asked.period())
    return [HourFigures(hour=hour, messages_in=found.get(hour, 0)) for hour in range(24)]
