// What the view knows of a stretch of the agenda, and how answers and events change it; pure.
//
// Answers of the server, its events and the fetched stretch arrive in any order: an appointment's `version` tells
// which of two is newer, and what changed after a fetch was asked for is not undone by its answer.

import type { Appointment, Block, Holiday, Range, Stretch } from "./shapes";

export interface AgendaState {
  range: Range | null;
  appointments: ReadonlyMap<string, Appointment>;
  /** What people asked for and the server has not confirmed: laid over the appointments. */
  pending: ReadonlyMap<string, Partial<Appointment>>;
  /** When each id last changed by an event or an answer, in ticks of `clock`. */
  touched: ReadonlyMap<string, number>;
  clock: number;
  blocks: Block[];
  holidays: Holiday[];
  timeZone: string | null;
}

export const EMPTY: AgendaState = {
  range: null, appointments: new Map(), pending: new Map(), touched: new Map(), clock: 0,
  blocks: [], holidays: [], timeZone: null,
};

export type Change =
  | { type: "fetched"; range: Range; stretch: Stretch; askedAt: number }
  | { type: "changed"; appointment: Appointment }
  | { type: "deleted"; id: string; appointment: Appointment | null }
  | { type: "asked"; id: string; patch: Partial<Appointment> }
  | { type: "answered"; id: string; appointment: Appointment | null }
  | { type: "forgotten" };

export function reduce(state: AgendaState, change: Change): AgendaState {
  switch (change.type) {
    case "fetched": return fetched(state, change.range, change.stretch, change.askedAt);
    case "changed": return changed(state, change.appointment);
    case "deleted": return deleted(state, change.id, change.appointment);
    case "asked": {
      const patch = { ...state.pending.get(change.id), ...change.patch };
      return { ...state, pending: new Map(state.pending).set(change.id, patch) };
    }
    case "answered": {
      const pending = new Map(state.pending);
      pending.delete(change.id);
      const settled = { ...state, pending };
      return change.appointment ? changed(settled, change.appointment) : settled;
    }
    case "forgotten": return EMPTY;
  }
}

function fetched(state: AgendaState, range: Range, stretch: Stretch, askedAt: number): AgendaState {
  const appointments = new Map(stretch.items.map((item) => [item.id, item]));
  for (const [id, at] of state.touched) {
    if (at <= askedAt) continue;
    const ours = state.appointments.get(id);
    const theirs = appointments.get(id);
    if (theirs && (!ours || theirs.version > ours.version) && !goneSince(ours, theirs)) continue;
    if (ours) appointments.set(id, ours);
    else appointments.delete(id);
  }
  return {
    ...state, range, appointments, blocks: stretch.blocks, holidays: stretch.holidays, timeZone: stretch.time_zone,
    touched: new Map([...state.touched].filter(([, at]) => at > askedAt)),
  };
}

/** Deleted while the fetch was under way: the answer may still hold it as it was before. */
const goneSince = (ours: Appointment | undefined, theirs: Appointment): boolean => !ours && theirs.status !== "cancelled";

function changed(state: AgendaState, appointment: Appointment): AgendaState {
  const { id, version } = appointment;
  const known = state.appointments.get(id);
  if (known && known.version > version) return state;
  return { ...touch(state, id), appointments: new Map(state.appointments).set(id, appointment) };
}

function deleted(state: AgendaState, id: string, appointment: Appointment | null): AgendaState {
  const appointments = new Map(state.appointments);
  const known = appointments.get(id);
  if (appointment?.status === "cancelled" && known) appointments.set(id, appointment);
  else appointments.delete(id);
  return { ...touch(state, id), appointments };
}

function touch(state: AgendaState, id: string): AgendaState {
  const clock = state.clock + 1;
  return { ...state, clock, touched: new Map(state.touched).set(id, clock) };
}

/** What is to be seen: the appointments with what was asked for laid over them. */
export function seen(state: AgendaState): Appointment[] {
  return [...state.appointments.values()].map((one) => ({ ...one, ...state.pending.get(one.id) }));
}
