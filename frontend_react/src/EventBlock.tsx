import type { EventContentArg } from "@fullcalendar/core";

import { Icon } from "./Icon";
import type { Held } from "./mapper";
import { STATUS } from "./words";

/** What stands inside an appointment: its time, who comes, for what, and its state as icon and word. */
export function EventBlock({ event, view, isMirror, timeText }: EventContentArg) {
  const held = event.extendedProps as Partial<Held>;
  if (held.kind === "block") return <span className="blocked-reason">{event.title}</span>;
  if (held.kind !== "appointment") return <span className="entry"><b>{timeText}</b> Turno nuevo</span>;
  const { appointment, pending } = held as Extract<Held, { kind: "appointment" }>;
  const { word, icon } = STATUS[appointment.status];
  const state = pending && !isMirror ? "Guardando…" : word;
  const what = appointment.title || "Turno";
  const full = [timeText, appointment.customer_name, appointment.title, appointment.notes, state].filter(Boolean).join("\n");
  if (view.type === "dayGridMonth") {
    return (
      <span className="entry entry-line" title={full}>
        <time>{timeText.split(/\s*-\s*/)[0]}</time> <b>{appointment.customer_name}</b>
        <span className="entry-state"><Icon name={icon} label={state} /></span>
      </span>
    );
  }
  if (view.type.startsWith("list")) {
    return (
      <span className="entry entry-list">
        {/* Its click is the row's: in a list FullCalendar gives keys nothing to open a row with. */}
        <button className="entry-open" type="button">{appointment.customer_name}</button> <span className="entry-what">{what}</span>
        <span className="entry-state"><Icon name={icon} />{state}</span>
      </span>
    );
  }
  return (
    <span className="entry" title={full}>
      <b>{appointment.customer_name}</b>
      <span className="entry-state"><Icon name={icon} /><span>{state}</span></span>
      <span className="entry-what"><time>{timeText}</time> · {what}</span>
    </span>
  );
}
