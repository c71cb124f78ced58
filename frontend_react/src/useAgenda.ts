// The agenda of one shop: fetched by stretch, kept live by Socket.IO, changed optimistically.

import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from "react";

import { EMPTY, reduce, seen } from "./agendaState";
import { type Api, ApiError, newRef } from "./api";
import type { Appointment, Draft, Range, Status, Stretch } from "./shapes";

const AWAKE_MS = 5_000;
const SLEPT_MS = 20_000;
const RETRY_MS = 10_000;

/** The part of a Socket.IO client that the agenda needs; tests hand in their own. */
export interface Wire {
  on(event: string, listener: (...args: never[]) => void): unknown;
  disconnect(): unknown;
}
export type Connect = (origin: string, tenant: number) => Wire;

export interface Agenda {
  /** What is to be seen, changes under way laid over it. */
  appointments: Appointment[];
  pending: ReadonlySet<string>;
  blocks: Stretch["blocks"];
  holidays: Stretch["holidays"];
  timeZone: string | null;
  /** Whether the asked stretch is here; the one of before stays to be seen until then. */
  loaded: boolean;
  problem: ApiError | null;
  /** Whether changes of others arrive by themselves. */
  live: boolean;
  refetch(): void;
  create(draft: Draft, force?: boolean): Promise<Appointment>;
  change(id: string, draft: Partial<Draft>, force?: boolean): Promise<Appointment>;
  setStatus(id: string, status: Status): Promise<Appointment>;
}

export function useAgenda(api: Api, connect: Connect, tenant: number, range: Range | null, withCancelled = false): Agenda {
  const [state, dispatch] = useReducer(reduce, EMPTY);
  const [problem, setProblem] = useState<ApiError | null>(null);
  const [live, setLive] = useState(true);
  const latest = useRef(state);
  latest.current = state;
  const asked = useRef(0);
  const { start, end } = range ?? { start: null, end: null };

  const refetch = useCallback(async () => {
    if (start === null || end === null) return;
    const ours = ++asked.current;
    const askedAt = latest.current.clock;
    const query = new URLSearchParams({ start_date: start, end_date: end, ...(withCancelled ? { include_cancelled: "1" } : {}) });
    try {
      const stretch = await api.get<Stretch>(`/admin/appointments?${query}`, tenant);
      if (ours !== asked.current) return;
      setProblem(null);
      dispatch({ type: "fetched", range: { start, end }, stretch, askedAt });
    } catch (error) {
      if (ours === asked.current) setProblem(error as ApiError);
    }
  }, [api, tenant, start, end, withCancelled]);

  const fetchNow = useRef(refetch);
  fetchNow.current = refetch;

  useEffect(() => {
    void refetch();
  }, [refetch]);

  useEffect(() => {
    const wire = connect(api.socketOrigin, tenant);
    wire.on("connect", () => {
      setLive(true);
      void fetchNow.current(); // what happened while nobody listened
    });
    wire.on("disconnect", () => setLive(false));
    wire.on("connect_error", () => setLive(false));
    wire.on("NEW_APPOINTMENT", (appointment: Appointment) => dispatch({ type: "changed", appointment }));
    wire.on("APPOINTMENT_UPDATED", (appointment: Appointment) => dispatch({ type: "changed", appointment }));
    wire.on("APPOINTMENT_DELETED", (id: string, details?: Appointment) =>
      dispatch({ type: "deleted", id, appointment: details?.start ? details : null }));
    return () => {
      wire.disconnect();
      dispatch({ type: "forgotten" });
    };
  }, [api, connect, tenant]);

  // A laptop that slept, a tab that was frozen: the socket may not have noticed that it missed something.
  useEffect(() => {
    let last = Date.now();
    const look = () => {
      if (document.hidden) return; // nobody looks; asked once when somebody does again
      const gap = Date.now() - last > SLEPT_MS;
      last = Date.now();
      if (gap) void fetchNow.current();
    };
    const back = () => void fetchNow.current();
    const awake = setInterval(look, AWAKE_MS);
    addEventListener("online", back);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(awake);
      removeEventListener("online", back);
      document.removeEventListener("visibilitychange", look);
    };
  }, []);

  // Without a live socket, or after a fetch that failed, it is asked again now and then.
  useEffect(() => {
    if (live && problem === null) return undefined;
    const again = setInterval(() => void fetchNow.current(), RETRY_MS);
    return () => clearInterval(again);
  }, [live, problem]);

  const write = useCallback(async (id: string, patch: Partial<Appointment>, ask: () => Promise<Appointment>) => {
    dispatch({ type: "asked", id, patch });
    try {
      const appointment = await ask();
      dispatch({ type: "answered", id, appointment });
      return appointment;
    } catch (error) {
      dispatch({ type: "answered", id, appointment: (error as ApiError).appointment ?? null });
      throw error;
    }
  }, []);

  const create = useCallback(async (draft: Draft, force = false) => {
    const body = { ...draft, client_ref: newRef(), ...(force ? { force } : {}) };
    const appointment = await retrying(() => api.send<Appointment>("POST", "/admin/appointments", body, tenant));
    dispatch({ type: "changed", appointment });
    return appointment;
  }, [api, tenant]);

  const change = useCallback((id: string, draft: Partial<Draft>, force = false) => {
    const { version } = latest.current.appointments.get(id) ?? { version: 1 };
    const body = { ...draft, version, ...(force ? { force } : {}) };
    return write(id, draft, () => api.send<Appointment>("PUT", `/admin/appointments/${id}`, body, tenant));
  }, [api, tenant, write]);

  const setStatus = useCallback((id: string, status: Status) =>
    write(id, { status }, () => api.send<Appointment>("PUT", `/admin/appointments/${id}/status`, { status }, tenant)),
  [api, tenant, write]);

  const appointments = useMemo(() => seen(state), [state.appointments, state.pending]);
  const pending = useMemo(() => new Set(state.pending.keys()), [state.pending]);
  const loaded = state.range !== null && state.range.start === start && state.range.end === end;
  return {
    appointments, pending, blocks: state.blocks, holidays: state.holidays, timeZone: state.timeZone,
    loaded, problem, live, refetch: () => void refetch(), create, change, setStatus,
  };
}

/** A creation carries its own reference, so asking once more when no answer came makes no second appointment. */
async function retrying<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ApiError) || ![0, 502, 503, 504].includes(error.status)) throw error;
    return ask();
  }
}
