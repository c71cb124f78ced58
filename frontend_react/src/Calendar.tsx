import type { DayHeaderContentArg, EventApi, EventInput } from "@fullcalendar/core";
import esLocale from "@fullcalendar/core/locales/es";
import dayGridPlugin from "@fullcalendar/daygrid";
import interactionPlugin from "@fullcalendar/interaction";
import listPlugin from "@fullcalendar/list";
import FullCalendar from "@fullcalendar/react";
import timeGridPlugin from "@fullcalendar/timegrid";
import { useEffect, useRef } from "react";

import { EventBlock } from "./EventBlock";
import hitsOfCalendar from "./hitsOfCalendar";
import type { Held, openings } from "./mapper";
import { CALENDAR_VIEW, type View } from "./stretch";
import { dateOf, wallOf } from "./wall";
import { dayWords, weekdayWords } from "./words";

const PLUGINS = [dayGridPlugin, timeGridPlugin, listPlugin, hitsOfCalendar, interactionPlugin];
const LOCALE = { ...esLocale, code: "es-AR" };
const HOUR = { hour: "2-digit", minute: "2-digit", hour12: false } as const;

/** Where an appointment was put: wall times, and the resource when it crossed to another calendar. */
export interface Placed {
  id: string;
  start: string;
  end: string;
  resourceId: number | null;
}

interface Props {
  view: View;
  date: string;
  zone: string;
  events: EventInput[];
  holidays: ReadonlyMap<string, string>;
  hours: ReturnType<typeof openings>;
  bounds: { from: string; to: string };
  editable: boolean;
  narrow: boolean;
  /** The resource of this calendar when several stand side by side. */
  resourceId?: number;
  onOpen(id: string): void;
  onBlock(id: number): void;
  onPlace(placed: Placed): void;
  /** Wall times; without an end when only a place was pointed at. */
  onDraw(start: string, end: string | null, resourceId: number | null): void;
  onDay(date: string): void;
}

const wall = (date: Date | null): string => (date ?? new Date(0)).toISOString().slice(0, 19);

/** One FullCalendar on the shop's wall clock (its "UTC"), fed with events and told what to do by its owner. */
export function Calendar(props: Props) {
  const { view, date, zone, events, holidays, hours, bounds, editable, narrow, resourceId = null } = props;
  const calendar = useRef<FullCalendar>(null);
  useEffect(() => {
    // FullCalendar draws its children through flushSync, which React refuses inside an effect.
    queueMicrotask(() => calendar.current?.getApi().gotoDate(date));
  }, [date]);

  const place = ({ id, start, end }: EventApi, crossed: boolean) =>
    props.onPlace({ id, start: wall(start), end: wall(end ?? start), resourceId: crossed ? resourceId : null });
  const holidayOf = ({ date: day }: { date: Date }) => holidays.get(dateOf(day.toISOString()));
  const tinted = (day: { date: Date }) => (holidayOf(day) ? ["holiday"] : []);
  const now = () => wallOf(Date.now(), zone);
  const start = new Date(`${date}T12:00:00Z`) > new Date(`${now()}Z`) || view === "day" ? bounds.from : undefined;

  return (
    <FullCalendar
      ref={calendar}
      plugins={PLUGINS}
      locale={LOCALE}
      timeZone="UTC"
      now={now}
      initialView={CALENDAR_VIEW[view]}
      initialDate={date}
      events={events}
      headerToolbar={false}
      height={resourceId === null ? "100%" : "auto"}
      dayHeaders={resourceId === null && view !== "day"}
      firstDay={1}
      allDaySlot={false}
      nowIndicator
      nowIndicatorContent={({ isAxis }) => (isAxis ? "ahora" : null)}
      slotMinTime={bounds.from}
      slotMaxTime={bounds.to}
      scrollTime={start ?? bounds.from}
      scrollTimeReset={false}
      slotDuration="00:30:00"
      snapDuration="00:15:00"
      slotLabelInterval="01:00:00"
      slotLabelFormat={HOUR}
      eventTimeFormat={HOUR}
      displayEventEnd={view !== "month" && !(narrow && view === "list")}
      defaultRangeSeparator=" a "
      slotEventOverlap={false}
      eventMinHeight={22}
      eventShortHeight={0}
      expandRows={resourceId === null}
      businessHours={hours.length > 0 ? hours : false}
      fixedWeekCount={false}
      dayMaxEvents={narrow ? 0 : true}
      moreLinkClick={({ date: day }) => props.onDay(dateOf(day.toISOString()))}
      moreLinkDidMount={({ el }) => el.setAttribute("role", "button")} // a link to nowhere that opens something
      moreLinkContent={({ num }) => (narrow ? String(num) : `${num} más`)}
      navLinks
      navLinkDayClick={(day) => props.onDay(dateOf(day.toISOString()))}
      dayHeaderContent={(arg: DayHeaderContentArg) => <DayHead arg={arg} view={view} narrow={narrow} holiday={holidayOf(arg)} />}
      dayCellContent={(arg) => (
        <>
          {arg.dayNumberText}
          {view === "month" && holidayOf(arg) && <span className="holiday-name">{holidayOf(arg)}</span>}
        </>
      )}
      dayCellDidMount={({ el }) => el.removeAttribute("aria-labelledby")} // its day alone is not what stands in it
      dayCellClassNames={tinted}
      dayHeaderClassNames={tinted}
      listDaySideFormat={false}
      noEventsContent="Sin turnos en estos días."
      eventContent={(arg) => <EventBlock {...arg} />}
      eventClick={({ event }) => {
        const held = event.extendedProps as Held;
        if (held.kind === "block") props.onBlock(held.block.id);
        else props.onOpen(event.id);
      }}
      editable={editable}
      droppable={editable && resourceId !== null}
      eventStartEditable={editable}
      eventDurationEditable={editable && view !== "month"}
      longPressDelay={400}
      eventDragMinDistance={5}
      dragRevertDuration={150}
      selectable={editable && view !== "list"}
      selectMirror
      selectMinDistance={6}
      selectAllow={({ start: from, end: to }) => view === "month" || dateOf(from.toISOString()) === dateOf(new Date(to.getTime() - 1).toISOString())}
      select={({ start: from, end: to, view: shown }) => {
        if (view !== "month") props.onDraw(wall(from), wall(to), resourceId);
        shown.calendar.unselect();
      }}
      dateClick={({ date: at }) => {
        if (editable) props.onDraw(wall(at), null, resourceId);
      }}
      eventDrop={({ event }) => place(event, false)}
      eventResize={({ event }) => place(event, false)}
      eventReceive={({ event, revert }) => {
        place(event, true);
        revert(); // its owner gives it back in its new place
      }}
    />
  );
}

interface DayHeadProps {
  arg: DayHeaderContentArg;
  view: View;
  narrow: boolean;
  holiday: string | undefined;
}

function DayHead({ arg, view, narrow, holiday }: DayHeadProps) {
  const day = arg.date.toISOString();
  const [name, number] = weekdayWords(day, narrow && view !== "list");
  if (view === "month") return <span className="day-head">{name}</span>;
  if (view === "list") return <span className="day-head"><b>{dayWords(day, day)}</b>{holiday && <span className="holiday-name">{holiday}</span>}</span>;
  return (
    <span className="day-head day-head-tall">
      <span>{name}</span> <b className={arg.isToday ? "today" : undefined}>{number}</b>
      {holiday && <span className="holiday-name" title={holiday}>{holiday}</span>}
    </span>
  );
}
