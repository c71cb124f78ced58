import { describe, expect, it } from "vitest";

import { dayBounds, openings, toBlock, toEvent, toEvents } from "../src/mapper";
import { appointment, look, ZONE } from "./samples";

describe("an appointment as an event", () => {
  it("stands at the shop's wall time, whatever offset it came with", () => {
    expect(toEvent(appointment(), look())).toMatchObject({ start: "2026-11-26T14:00:00", end: "2026-11-26T15:00:00" });
    const utc = appointment({ start: "2026-11-26T17:00:00Z", end: "2026-11-26T18:00:00+00:00" });
    expect(toEvent(utc, look())).toMatchObject({ start: "2026-11-26T14:00:00", end: "2026-11-26T15:00:00" });
  });

  it("says who comes, and carries its state and its resource's colour", () => {
    const event = toEvent(appointment({ status: "confirmed" }), look());
    expect(event.title).toBe("Lucía · Turno");
    expect(event.classNames).toEqual(["appointment", "is-confirmed", "mark-teal"]);
  });

  it("has a colour even for a resource or a key that nobody knows", () => {
    expect(toEvent(appointment({ resource_id: 2 }), look()).classNames).toContain("mark-blue");
    expect(toEvent(appointment({ resource_id: 9 }), look()).classNames).toContain("mark-blue");
  });

  it.each([
    ["scheduled", true], ["confirmed", true], ["attended", false], ["no_show", false], ["cancelled", false],
  ] as const)("can be moved while it is to come: %s %s", (status, editable) => {
    expect(toEvent(appointment({ status }), look()).editable).toBe(editable);
    expect(toEvent(appointment({ status }), look({ readOnly: true })).editable).toBe(false);
  });

  it("is held still and marked while its change is under way", () => {
    const event = toEvent(appointment(), look({ pending: new Set(["a1"]) }));
    expect(event.editable).toBe(false);
    expect(event.classNames).toContain("is-pending");
  });
});

describe("what is seen of a stretch", () => {
  const all = [appointment(), appointment({ id: "a2", resource_id: 2 }), appointment({ id: "a3", status: "cancelled" })];
  const block = { id: 7, resource_id: 2, start: "2026-11-26T10:00:00-03:00", end: "2026-11-26T11:00:00-03:00", reason: null };
  const ids = (given: Parameters<typeof toEvents>[2]) => toEvents(all, [block], given).map(({ id }) => id);

  it("leaves out what was cancelled, which takes no space, except where it is asked for", () => {
    expect(ids(look())).toEqual(["a1", "a2", "block-7"]);
    expect(ids(look({ withCancelled: true }))).toEqual(["a1", "a2", "a3", "block-7"]);
  });

  it("is of the shown resources alone; a block without resource is of all", () => {
    expect(ids(look({ shown: new Set([1]) }))).toEqual(["a1"]);
    const everybody = toEvents([], [{ ...block, resource_id: null }], look({ shown: new Set([1]) }));
    expect(everybody.map(({ id }) => id)).toEqual(["block-7"]);
  });

  it("shows a block as ground with its reason", () => {
    expect(toBlock({ ...block, reason: "Almuerzo" }, look())).toMatchObject({ display: "background", title: "Almuerzo", start: "2026-11-26T10:00:00" });
    expect(toBlock(block, look()).title).toBe("Bloqueado");
  });
});

describe("the hours of a day", () => {
  const hours = [
    { resource_id: 1, weekday: 0, opens: "09:00", closes: "13:00" },
    { resource_id: 2, weekday: 6, opens: "15:30", closes: "24:00" },
  ];

  it("count weekdays as the calendar does, from Sunday", () => {
    expect(openings(hours, new Set([1, 2]))).toEqual([
      { daysOfWeek: [1], startTime: "09:00", endTime: "13:00" },
      { daysOfWeek: [0], startTime: "15:30", endTime: "24:00" },
    ]);
    expect(openings(hours, new Set([1]))).toHaveLength(1);
  });

  it("are drawn with an hour of air, and far enough for every appointment", () => {
    expect(dayBounds([], [], ZONE)).toEqual({ from: "08:00:00", to: "19:00:00" });
    expect(dayBounds(hours, [], ZONE)).toEqual({ from: "08:00:00", to: "24:00:00" });
    const early = appointment({ start: "2026-11-26T06:30:00-03:00", end: "2026-11-26T07:00:00-03:00" });
    expect(dayBounds([], [early], ZONE).from).toBe("05:00:00");
    expect(dayBounds([], [{ ...early, status: "cancelled" }], ZONE).from).toBe("08:00:00");
    const late = appointment({ start: "2026-11-26T23:30:00-03:00", end: "2026-11-27T00:30:00-03:00" });
    expect(dayBounds([], [late], ZONE).to).toBe("24:00:00");
  });
});
