// Appointments and blocks as the calendar's events; pure. Holidays and closed hours tint days, see `holidayNames`, `openings`.

import type { EventInput } from "@fullcalendar/core";

import type { Appointment, Block, Holiday, Hours, Resource } from "./shapes";
import { timeOf, wallOf } from "./wall";

export const COLORS = ["blue", "green", "amber", "violet", "pink", "teal", "orange", "gray"] as const;

/** What hangs on an event of the calendar. */
export type Held = { kind: "appointment"; appointment: Appointment; pending: boolean } | { kind: "block"; block: Block };

export interface Look {
  zone: string;
  resources: Resource[];
  /** Resources that are shown. */
  shown: ReadonlySet<number>;
  readOnly: boolean;
  /** Ids whose change the server has not confirmed yet. */
  pending: ReadonlySet<string>;
  /** Only the list shows what was cancelled: in a grid it would look like taken space. */
  withCancelled: boolean;
}

/** A resource's colour key, one of COLORS; a key we do not know falls to the first. */
export function colorOf(resource: Resource | undefined): string {
  const key = resource?.color ?? "";
  return (COLORS as readonly string[]).includes(key) ? key : COLORS[0];
}

/** One appointment as an event of the shop's wall clock. */
export function toEvent(appointment: Appointment, look: Look): EventInput {
  const { id, status, customer_name: name, title } = appointment;
  const moves = !look.readOnly && (status === "scheduled" || status === "confirmed");
  const resource = look.resources.find((one) => one.id === appointment.resource_id);
  const pending = look.pending.has(id);
  return {
    id,
    title: [name, title].filter(Boolean).join(" · "),
    start: wallOf(appointment.start, look.zone),
    end: wallOf(appointment.end, look.zone),
    editable: moves && !pending,
    classNames: ["appointment", `is-${status}`, `mark-${colorOf(resource)}`, ...(pending ? ["is-pending"] : [])],
    extendedProps: { kind: "appointment", appointment, pending } satisfies Held,
  };
}

/** A blocked period as tinted ground; of all resources when it names none. */
export function toBlock(block: Block, look: Look): EventInput {
  return {
    id: `block-${block.id}`,
    title: block.reason || "Bloqueado",
    start: wallOf(block.start, look.zone),
    end: wallOf(block.end, look.zone),
    display: "background",
    classNames: ["blocked"],
    extendedProps: { kind: "block", block } satisfies Held,
  };
}

/** Everything of a stretch that is to be seen. */
export function toEvents(appointments: Iterable<Appointment>, blocks: Iterable<Block>, look: Look): EventInput[] {
  const events: EventInput[] = [];
  for (const appointment of appointments) {
    if (!look.shown.has(appointment.resource_id)) continue;
    if (appointment.status === "cancelled" && !look.withCancelled) continue;
    events.push(toEvent(appointment, look));
  }
  for (const block of blocks) {
    if (block.resource_id === null || look.shown.has(block.resource_id)) events.push(toBlock(block, look));
  }
  return events;
}

/** The name of each holiday by its date. */
export const holidayNames = (holidays: Holiday[]): ReadonlyMap<string, string> =>
  new Map(holidays.map(({ date, name }) => [date, name]));

/** The open hours of the shown resources as the calendar wants them (its weekdays count from Sunday). */
export function openings(hours: Hours[], shown: ReadonlySet<number>): { daysOfWeek: number[]; startTime: string; endTime: string }[] {
  return hours.filter(({ resource_id: id }) => shown.has(id)).map(({ weekday, opens, closes }) => ({
    daysOfWeek: [(weekday + 1) % 7],
    startTime: opens.slice(0, 5),
    endTime: closes.slice(0, 5),
  }));
}

/** From when to when a day is drawn: the open hours and every appointment, with an hour of air; never less than 9 to 18. */
export function dayBounds(hours: Hours[], appointments: Iterable<Appointment>, zone: string): { from: string; to: string } {
  let first = 9;
  let last = 18;
  const take = (from: string, to: string, overnight: boolean) => {
    first = Math.min(first, Number(from.slice(0, 2)));
    last = overnight ? 24 : Math.max(last, Math.ceil(Number(to.slice(0, 2)) + Number(to.slice(3, 5)) / 60));
  };
  for (const { opens, closes } of hours) take(opens, closes, false);
  for (const { start, end, status } of appointments) {
    if (status === "cancelled") continue;
    const [from, to] = [wallOf(start, zone), wallOf(end, zone)];
    take(timeOf(from), timeOf(to), from.slice(0, 10) !== to.slice(0, 10));
  }
  const hour = (value: number) => `${String(value).padStart(2, "0")}:00:00`;
  return { from: hour(Math.max(first - 1, 0)), to: hour(Math.min(last + 1, 24)) };
}
