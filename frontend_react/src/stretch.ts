// Which days each view shows, in local dates; pure.

import type { Range } from "./shapes";
import { plusDays } from "./wall";

export const VIEWS = ["day", "week", "month", "list"] as const;
export type View = (typeof VIEWS)[number];

export const VIEW_WORDS: Record<View, string> = { day: "Día", week: "Semana", month: "Mes", list: "Lista" };
export const CALENDAR_VIEW: Record<View, string> = { day: "timeGridDay", week: "timeGridWeek", month: "dayGridMonth", list: "listWeek" };

/** The Monday of the date's week. */
export function mondayOf(date: string): string {
  const weekday = (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7;
  return plusDays(date, -weekday);
}

const firstOf = (date: string): string => `${date.slice(0, 8)}01`;

function nextMonth(date: string): string {
  return firstOf(plusDays(firstOf(date), 31));
}

/** The days of the view around a date; a month with the whole weeks at its edges. */
export function stretchOf(view: View, date: string): Range {
  if (view === "day") return { start: date, end: plusDays(date, 1) };
  if (view === "month") return { start: mondayOf(firstOf(date)), end: plusDays(mondayOf(plusDays(nextMonth(date), -1)), 7) };
  return { start: mondayOf(date), end: plusDays(mondayOf(date), 7) };
}

/** The first and the last day that the title names. */
export function named(view: View, date: string): { first: string; last: string } {
  if (view === "month") return { first: firstOf(date), last: plusDays(nextMonth(date), -1) };
  const { start, end } = stretchOf(view, date);
  return { first: start, last: plusDays(end, -1) };
}

/** The date one page further (`by` 1) or back (-1). */
export function turned(view: View, date: string, by: 1 | -1): string {
  if (view === "day") return plusDays(date, by);
  if (view === "month") return by === 1 ? nextMonth(date) : firstOf(plusDays(firstOf(date), -1));
  return plusDays(date, 7 * by);
}

/** "#/week/2025-11-26" as view and date; what it does not say is null. */
export function fromHash(hash: string): { view: View | null; date: string | null } {
  const [, view, date] = hash.split("/");
  const real = /^\d{4}-\d{2}-\d{2}$/.test(date ?? "") && !Number.isNaN(Date.parse(`${date}T00:00:00Z`));
  return { view: VIEWS.find((one) => one === view) ?? null, date: real ? (date ?? null) : null };
}
