import { act, cleanup, renderHook, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { type Api, ApiError } from "../src/api";
import type { Appointment, Stretch } from "../src/shapes";
import { useAgenda } from "../src/useAgenda";
import { appointment, ZONE } from "./samples";

const WEEK = { start: "2026-11-23", end: "2026-11-30" };

/** A server that answers when the test lets it, and a wire over which the test speaks. */
function world(first: Appointment[] = [appointment()]) {
  const items = new Map(first.map((one) => [one.id, one]));
  const stretch = (): Stretch => ({ items: [...items.values()], blocks: [], holidays: [], time_zone: ZONE });
  const reads: { path: string; answer: (value?: Stretch) => void; fail: (error: ApiError) => void }[] = [];
  const writes: { method: string; path: string; body: Record<string, unknown>; answer: (value: Appointment) => void; fail: (error: ApiError) => void }[] = [];
  const listeners = new Map<string, (...args: unknown[]) => void>();
  const wire = { on: (event: string, listener: (...args: never[]) => void) => listeners.set(event, listener as never), disconnect: vi.fn() };
  const api: Api = {
    socketOrigin: "",
    get: (path) => new Promise((resolve, reject) => {
      const asItWas = stretch();
      reads.push({ path, answer: (value) => resolve((value ?? asItWas) as never), fail: reject });
    }),
    send: (method, path, body) => new Promise((resolve, reject) => {
      writes.push({ method, path, body: body as Record<string, unknown>, answer: (value) => resolve(value as never), fail: reject });
    }),
  };
  const say = (event: string, ...args: unknown[]) => act(() => listeners.get(event)?.(...args));
  const settle = async (what: () => void) => act(async () => {
    what();
    await Promise.resolve();
  });
  return { api, connect: () => wire, wire, items, reads, writes, say, settle };
}

function opened(server = world(), withCancelled = false) {
  const hook = renderHook(({ range }) => useAgenda(server.api, server.connect, 1, range, withCancelled), { initialProps: { range: WEEK } });
  return { ...server, ...hook, ids: () => hook.result.current.appointments.map(({ id }) => id).sort() };
}

async function loaded(server = world()) {
  const view = opened(server);
  await view.settle(() => view.reads[0]?.answer());
  return view;
}

afterEach(cleanup);

describe("fetching", () => {
  it("asks for the days that are shown, once more for other days, and forgets a late answer", async () => {
    const view = opened();
    expect(view.reads[0]?.path).toBe("/admin/appointments?start_date=2026-11-23&end_date=2026-11-30");
    expect(view.result.current.loaded).toBe(false);
    view.rerender({ range: { start: "2026-11-30", end: "2026-12-07" } });
    view.items.set("a2", appointment({ id: "a2" }));
    view.items.delete("a1");
    await view.settle(() => view.reads[1]?.answer({ items: [appointment({ id: "a2" })], blocks: [], holidays: [], time_zone: ZONE }));
    await view.settle(() => view.reads[0]?.answer());
    expect(view.ids()).toEqual(["a2"]);
    expect(view.result.current.loaded).toBe(true);
  });

  it("says what is wrong, keeps what it had, and recovers", async () => {
    const view = await loaded();
    act(() => view.result.current.refetch());
    await view.settle(() => view.reads.at(-1)?.fail(new ApiError(503, "x", "No se pudo.")));
    expect(view.result.current.problem?.message).toBe("No se pudo.");
    expect(view.ids()).toEqual(["a1"]);
    act(() => view.result.current.refetch());
    await view.settle(() => view.reads.at(-1)?.answer());
    expect(view.result.current.problem).toBeNull();
  });
});

describe("events", () => {
  it("adds what is new, replaces by id, removes by the bare id", async () => {
    const view = await loaded();
    await view.say("NEW_APPOINTMENT", appointment({ id: "a2" }));
    expect(view.ids()).toEqual(["a1", "a2"]);
    await view.say("APPOINTMENT_UPDATED", appointment({ status: "confirmed", version: 2 }));
    expect(view.ids()).toEqual(["a1", "a2"]);
    expect(view.result.current.appointments.find(({ id }) => id === "a1")?.status).toBe("confirmed");
    await view.say("APPOINTMENT_DELETED", "a1", { id: "a1" });
    expect(view.ids()).toEqual(["a2"]);
    await view.say("APPOINTMENT_DELETED", "a2");
    expect(view.ids()).toEqual([]);
  });

  it("lets no older version win over a newer one", async () => {
    const view = await loaded();
    await view.say("APPOINTMENT_UPDATED", appointment({ title: "nuevo", version: 3 }));
    await view.say("APPOINTMENT_UPDATED", appointment({ title: "viejo", version: 2 }));
    expect(view.result.current.appointments[0]?.title).toBe("nuevo");
  });

  it("is not undone by the answer to a fetch that was asked before it", async () => {
    const view = await loaded(world([appointment(), appointment({ id: "gone" }), appointment({ id: "moved" })]));
    act(() => view.result.current.refetch()); // its answer is what the server knew now
    await view.say("NEW_APPOINTMENT", appointment({ id: "added" }));
    await view.say("APPOINTMENT_DELETED", "gone", { id: "gone" });
    await view.say("APPOINTMENT_UPDATED", appointment({ id: "moved", title: "nuevo", version: 2 }));
    await view.settle(() => view.reads.at(-1)?.answer());
    expect(view.ids()).toEqual(["a1", "added", "moved"]);
    expect(view.result.current.appointments.find(({ id }) => id === "moved")?.title).toBe("nuevo");
  });

  it("brings back what was cancelled and is active again", async () => {
    const view = await loaded();
    await view.say("APPOINTMENT_DELETED", "a1", { id: "a1" });
    await view.say("NEW_APPOINTMENT", appointment({ version: 3 }));
    expect(view.ids()).toEqual(["a1"]);
  });

  it("keeps a cancelled one as such where cancelled ones are shown", async () => {
    const view = opened(world(), true);
    expect(view.reads[0]?.path).toContain("include_cancelled=1");
    await view.settle(() => view.reads[0]?.answer());
    await view.say("APPOINTMENT_DELETED", "a1", appointment({ status: "cancelled", version: 2 }));
    expect(view.result.current.appointments.map(({ status }) => status)).toEqual(["cancelled"]);
  });
});

describe("the connection", () => {
  it("says when it is lost; back again, it fetches what was missed", async () => {
    const view = await loaded();
    await view.say("connect");
    const before = view.reads.length;
    await view.say("disconnect", "transport close");
    expect(view.result.current.live).toBe(false);
    view.items.set("missed", appointment({ id: "missed" }));
    await view.say("connect");
    expect(view.result.current.live).toBe(true);
    expect(view.reads.length).toBe(before + 1);
    await view.settle(() => view.reads.at(-1)?.answer());
    expect(view.ids()).toEqual(["a1", "missed"]);
  });

  it("ends with the view, and begins anew with another shop", async () => {
    const view = await loaded();
    view.unmount();
    expect(view.wire.disconnect).toHaveBeenCalledOnce();
  });

  describe("over time", () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] });
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    it("asks now and then while it is lost, and not while it lives", async () => {
      const view = await loaded();
      const before = view.reads.length;
      act(() => void vi.advanceTimersByTime(60_000));
      expect(view.reads.length).toBe(before);
      await view.say("disconnect");
      act(() => void vi.advanceTimersByTime(25_000));
      expect(view.reads.length).toBe(before + 2);
    });

    it("fetches after a gap in time: the machine slept", async () => {
      const view = await loaded();
      const before = view.reads.length;
      act(() => {
        vi.setSystemTime(Date.now() + 3_600_000);
        vi.advanceTimersByTime(5_000);
      });
      expect(view.reads.length).toBe(before + 1);
    });
  });
});

describe("changes", () => {
  const later = { start: "2026-11-26T16:00:00-03:00", end: "2026-11-26T17:00:00-03:00" };

  it("are seen at once, with the version they are based on, and stay when the server agrees", async () => {
    const view = await loaded();
    let done: Promise<Appointment> | undefined;
    act(() => {
      done = view.result.current.change("a1", later);
    });
    expect(view.result.current.appointments[0]).toMatchObject(later);
    expect(view.result.current.pending.has("a1")).toBe(true);
    expect(view.writes[0]).toMatchObject({ method: "PUT", path: "/admin/appointments/a1", body: { ...later, version: 1 } });
    await view.settle(() => view.writes[0]?.answer(appointment({ ...later, version: 2 })));
    await done;
    expect(view.result.current.appointments[0]).toMatchObject({ ...later, version: 2 });
    expect(view.result.current.pending.size).toBe(0);
  });

  it("roll back on a conflict, which comes out with its alternatives", async () => {
    const view = await loaded();
    const taken = new ApiError(409, "slot_taken", "Ese horario ya está ocupado.", [{ ...later, resource_id: 1 }]);
    let caught: ApiError | null = null;
    act(() => {
      view.result.current.change("a1", later).catch((error: ApiError) => {
        caught = error;
      });
    });
    await view.settle(() => view.writes[0]?.fail(taken));
    await waitFor(() => expect(caught?.alternatives).toHaveLength(1));
    expect(view.result.current.appointments[0]?.start).toBe("2026-11-26T14:00:00-03:00");
  });

  it("meet somebody else's change as it is now", async () => {
    const view = await loaded();
    const theirs = appointment({ title: "De otra persona", version: 5 });
    act(() => {
      view.result.current.change("a1", later).catch(() => null);
    });
    await view.settle(() => view.writes[0]?.fail(new ApiError(409, "version_conflict", "Cambió.", [], theirs)));
    await waitFor(() => expect(view.result.current.appointments[0]).toEqual(theirs));
  });

  it("of the state go to their own address, and their event is no second change", async () => {
    const view = await loaded();
    act(() => void view.result.current.setStatus("a1", "confirmed"));
    expect(view.result.current.appointments[0]?.status).toBe("confirmed");
    await view.say("APPOINTMENT_UPDATED", appointment({ status: "confirmed", version: 2 }));
    await view.settle(() => view.writes[0]?.answer(appointment({ status: "confirmed", version: 2 })));
    expect(view.writes[0]).toMatchObject({ path: "/admin/appointments/a1/status", body: { status: "confirmed" } });
    expect(view.result.current.appointments).toHaveLength(1);
  });

  it("that make an appointment are asked again under the same reference when no answer came", async () => {
    const view = await loaded();
    const draft = { ...later, resource_id: 1, service_id: 1, customer_name: "Sofía", customer_phone: null, notes: null };
    act(() => void view.result.current.create(draft));
    await view.settle(() => view.writes[0]?.fail(new ApiError(0, "offline", "Sin conexión.")));
    await waitFor(() => expect(view.writes).toHaveLength(2));
    expect(view.writes[1]?.body.client_ref).toBe(view.writes[0]?.body.client_ref);
    await view.settle(() => view.writes[1]?.answer(appointment({ id: "made" })));
    await view.say("NEW_APPOINTMENT", appointment({ id: "made" }));
    expect(view.ids()).toEqual(["a1", "made"]);
  });
});
