import { useCallback, useEffect, useMemo, useState } from "react";

import { AgendaDialogs, type Open } from "./AgendaDialogs";
import type { Api, ApiError } from "./api";
import { Calendar, type Placed } from "./Calendar";
import { Columns } from "./Columns";
import { draftOf, firstResource } from "./formDraft";
import { Icon } from "./Icon";
import { dayBounds, holidayNames, openings, toEvents } from "./mapper";
import { PrintSheet } from "./PrintSheet";
import type { Alternative, Appointment, Tenant } from "./shapes";
import { named, stretchOf, turned, type View } from "./stretch";
import { Toolbar } from "./Toolbar";
import { type Connect, useAgenda } from "./useAgenda";
import { useKeys } from "./useKeys";
import { useMedia } from "./useMedia";
import { usePlace } from "./usePlace";
import { useShop } from "./useShop";
import { useToasts } from "./useToasts";
import { dateOf, instantOf, placeOf, plusMinutes, wallOf } from "./wall";
import { countWords, momentWords, rangeWords } from "./words";

interface Props {
  api: Api;
  connect: Connect;
  tenant: Tenant;
  panel: string;
  onSignedOut(): void;
}

/** The agenda of one shop. */
export function AgendaView({ api, connect, tenant, panel, onSignedOut }: Props) {
  const zone = tenant.time_zone;
  const today = dateOf(wallOf(Date.now(), zone));
  const narrow = useMedia("(max-width: 799px)");
  const { view, date, go } = usePlace(narrow ? "day" : "week", today);
  const [withCancelled, setWithCancelled] = useState(false);
  const [hidden, setHidden] = useState<ReadonlySet<number>>(new Set());
  const [open, setOpen] = useState<Open | null>(null);
  const { toasts, tell } = useToasts();
  const range = useMemo(() => stretchOf(view, date), [view, date]);
  const listing = view === "list" && withCancelled;
  const agenda = useAgenda(api, connect, tenant.id, range, listing);
  const { shop, reload } = useShop(api, tenant.id);
  const readOnly = tenant.role === "read-only";

  const resources = useMemo(() => shop?.resources.filter(({ active }) => active) ?? [], [shop]);
  const shown = useMemo(() => new Set(resources.map(({ id }) => id).filter((id) => !hidden.has(id))), [resources, hidden]);
  const weekly = shop?.hours ?? [];
  const events = useMemo(
    () => toEvents(agenda.appointments, agenda.blocks, { zone, resources: shop?.resources ?? [], shown, readOnly, pending: agenda.pending, withCancelled: listing }),
    [agenda.appointments, agenda.blocks, agenda.pending, zone, shop, shown, readOnly, listing],
  );
  const { first, last } = named(view, date);
  const counted = agenda.appointments.filter((one) => shown.has(one.resource_id) && one.status !== "cancelled"
    && within(dateOf(wallOf(one.start, zone)), first, last));
  const unconfirmed = counted.filter(({ status }) => status === "scheduled").length;
  const title = rangeWords(view, first, last, today, narrow);

  useEffect(() => {
    document.title = `${title} · Agenda · Nexus`;
  }, [title]);
  useEffect(() => {
    if (agenda.problem?.status === 401) onSignedOut();
  }, [agenda.problem, onSignedOut]);
  useEffect(() => {
    if (!shop && agenda.loaded) reload();
  }, [shop, agenda.loaded, reload]);

  const turn = (by: 1 | -1) => go(view, turned(view, date, by));
  const create = useCallback((start: string, end: string | null, resourceId: number | null) => {
    if (!readOnly) setOpen({ kind: "new", start, end, resourceId: resourceId ?? firstResource(resources, shown) });
  }, [readOnly, resources, shown]);
  const createSoon = () => {
    const now = wallOf(Date.now(), zone);
    const soon = plusMinutes(`${now.slice(0, 13)}:00:00`, now.slice(14, 16) < "30" ? 30 : 60);
    create(within(today, first, last) ? soon : `${first}T09:00:00`, null, null);
  };
  useKeys({
    n: createSoon, t: () => go(view, today), ArrowLeft: () => turn(-1), ArrowRight: () => turn(1),
    d: () => go("day", date), s: () => go("week", date), m: () => go("month", date), l: () => go("list", date),
  });

  async function move(one: Appointment, start: string, end: string, resourceId: number, force = false) {
    const draft = { start, end, resource_id: resourceId };
    try {
      await agenda.change(one.id, draft, force);
      tell(`${one.customer_name} pasó a ${momentWords(wallOf(start, zone))}.`);
    } catch (error) {
      setOpen({ kind: "conflict", appointment: one, error: error as ApiError, ...draft });
    }
  }
  const place = ({ id, start, end, resourceId }: Placed) => {
    const one = agenda.appointments.find((each) => each.id === id);
    if (one) void move(one, instantOf(start, zone), instantOf(end, zone), resourceId ?? one.resource_id);
  };

  async function setStatus(one: Appointment, status: Appointment["status"]) {
    setOpen(null);
    try {
      await agenda.setStatus(one.id, status);
      if (status === "cancelled") tell(`Turno de ${one.customer_name} cancelado.`, () => void setStatus({ ...one, status }, one.status));
    } catch (error) {
      const failed = error as ApiError;
      tell(`No se pudo cambiar el turno de ${one.customer_name}. ${failed.message}`);
    }
  }

  const calendar = {
    date, zone, events, holidays: holidayNames(agenda.holidays), editable: !readOnly,
    bounds: dayBounds(weekly, agenda.appointments.filter(({ resource_id: id }) => shown.has(id)), zone),
    onOpen: (id: string) => setOpen({ kind: "appointment", id }),
    onBlock: (id: number) => setOpen({ kind: "block", id }),
    onPlace: place, onDraw: create, onDay: (day: string) => go("day", day),
  };
  const columns = resources.filter(({ id }) => shown.has(id));
  const sideBySide = view === "day" && columns.length > 1 && !narrow;
  const waiting = !shop || (!agenda.loaded && agenda.problem === null && events.length === 0);

  return (
    <div className="agenda" data-view={view}>
      {!agenda.live && (
        <p className="strip" role="status"><Icon name="alert" />Sin conexión en vivo. Reintentando; lo que ves puede estar atrasado.</p>
      )}
      <Toolbar
        title={title} summary={`${agenda.loaded ? `${countWords(counted.length, unconfirmed)} · ` : ""}hora de ${placeOf(zone)}`}
        view={view} isToday={within(today, first, last)} resources={resources} shown={shown} editable={!readOnly}
        withCancelled={withCancelled} onView={(next: View) => go(next, date)} onTurn={turn} onToday={() => go(view, today)}
        onToggle={(id) => setHidden((now) => toggled(now, id))} onCancelled={setWithCancelled} onNew={createSoon}
      />
      {agenda.problem && !agenda.loaded ? <Trouble problem={agenda.problem} onRetry={agenda.refetch} /> : (
        <div className={`agenda-body${waiting ? " is-waiting" : ""}`} aria-busy={waiting}>
          {waiting && <Bones />}
          {shop && (sideBySide
            ? <Columns key={date} {...calendar} resources={columns} weekly={weekly} />
            : <Calendar key={view} {...calendar} view={view} narrow={narrow} hours={openings(weekly, shown)} />)}
        </div>
      )}
      <PrintSheet appointments={counted} resources={resources} zone={zone} />
      {open && (
        <AgendaDialogs
          open={open} api={api} agenda={agenda} tenant={tenant} panel={panel} readOnly={readOnly}
          resources={resources} services={shop?.services.filter(({ active }) => active) ?? []}
          onStatus={(one, status) => void setStatus(one, status)} onClose={() => setOpen(null)} onTell={tell}
          onMove={(one, { start, end, resource_id: id }: Alternative, force) => {
            setOpen(null);
            void move(one, start, end, id, force);
          }}
          toDraft={(fields) => draftOf(fields, zone)}
        />
      )}
      <div className="toasts" role="status">
        {toasts.map(({ key, text, undo }) => (
          <p className="toast" key={key}>{text}{undo && <button type="button" onClick={undo}>Deshacer</button>}</p>
        ))}
      </div>
    </div>
  );
}

const within = (date: string, first: string, last: string): boolean => date >= first && date <= last;

function toggled(now: ReadonlySet<number>, id: number): ReadonlySet<number> {
  const next = new Set(now);
  if (!next.delete(id)) next.add(id);
  return next;
}

function Bones() {
  return <div className="bones" aria-hidden="true">{Array.from({ length: 9 }, (_, row) => <span className="bone" key={row} />)}</div>;
}

function Trouble({ problem, onRetry }: { problem: ApiError; onRetry(): void }) {
  const forbidden = problem.status === 403;
  return (
    <div className="blank">
      <h2>{forbidden ? "No tenés permiso para ver esta agenda" : "No se pudo traer la agenda"}</h2>
      <p>{forbidden ? "Pedile a quien administra Nexus que te dé acceso." : problem.message}</p>
      {!forbidden && <button className="button primary" type="button" onClick={onRetry}>Reintentar</button>}
    </div>
  );
}
