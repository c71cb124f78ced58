import { describe, expect, it } from "vitest";

import { clockOf, draftOf, fieldsOf, lengthOf, newFields, startingAt, withService } from "../src/formDraft";
import { fromHash, named, stretchOf, turned } from "../src/stretch";
import { instantOf, minutesBetween, placeOf, plusDays, wallOf } from "../src/wall";
import { countWords, rangeWords } from "../src/words";
import { appointment, ZONE } from "./samples";

describe("the clock on the shop's wall", () => {
  it("comes back as the instant it was", () => {
    expect(instantOf("2026-11-26T14:00:00", ZONE)).toBe("2026-11-26T14:00:00-03:00");
    expect(wallOf("2026-11-26T17:00:00Z", ZONE)).toBe("2026-11-26T14:00:00");
    expect(wallOf("2026-11-27T03:00:00Z", ZONE)).toBe("2026-11-27T00:00:00"); // midnight is 00, not 24
    expect(instantOf("2026-11-26T14:00:00", "Asia/Kathmandu")).toBe("2026-11-26T14:00:00+05:45");
  });

  it("knows days of 23 and 25 hours", () => {
    const zone = "America/Santiago"; // forward at midnight of 6 September 2026, back at midnight of 5 April
    expect(instantOf("2026-09-05T23:30:00", zone)).toBe("2026-09-05T23:30:00-04:00");
    expect(instantOf("2026-09-06T00:30:00", zone)).toBe("2026-09-06T01:30:00-03:00"); // does not happen: an hour later
    expect(instantOf("2026-09-06T01:30:00", zone)).toBe("2026-09-06T01:30:00-03:00");
    expect(instantOf("2026-04-04T23:30:00", zone)).toBe("2026-04-04T23:30:00-03:00"); // happens twice: the first
    expect(instantOf("2026-04-05T00:30:00", zone)).toBe("2026-04-05T00:30:00-04:00");
  });

  it("adds days over months and years", () => {
    expect(plusDays("2026-12-31", 1)).toBe("2027-01-01");
    expect(minutesBetween("2026-11-26T14:00:00", "2026-11-26T15:30:00")).toBe(90);
    expect(placeOf(ZONE)).toBe("Buenos Aires");
  });
});

describe("the days of a view", () => {
  it("begin on Monday, and a month has its whole weeks", () => {
    expect(stretchOf("day", "2026-11-26")).toEqual({ start: "2026-11-26", end: "2026-11-27" });
    expect(stretchOf("week", "2026-11-29")).toEqual({ start: "2026-11-23", end: "2026-11-30" });
    expect(stretchOf("month", "2026-11-26")).toEqual({ start: "2026-10-26", end: "2026-12-07" });
    expect(stretchOf("month", "2027-02-10")).toEqual({ start: "2027-02-01", end: "2027-03-01" }); // four weeks exactly
  });

  it("turn by their own length", () => {
    expect(turned("day", "2026-12-31", 1)).toBe("2027-01-01");
    expect(turned("week", "2026-11-26", -1)).toBe("2026-11-19");
    expect(turned("month", "2027-01-31", 1)).toBe("2027-02-01");
    expect(turned("month", "2027-01-31", -1)).toBe("2026-12-01");
    expect(named("month", "2027-02-10")).toEqual({ first: "2027-02-01", last: "2027-02-28" });
  });

  it("are named as people name them", () => {
    const today = "2026-11-26";
    expect(rangeWords("day", today, today, today)).toBe("Jueves, 26 de noviembre");
    expect(rangeWords("day", "2027-01-05", "2027-01-05", today)).toBe("Martes, 5 de enero de 2027");
    expect(rangeWords("week", "2026-11-23", "2026-11-29", today)).toBe("23 al 29 de noviembre");
    expect(rangeWords("week", "2026-12-28", "2027-01-03", today)).toBe("28 de diciembre al 3 de enero de 2027");
    expect(rangeWords("month", "2026-11-01", "2026-11-30", today)).toBe("Noviembre de 2026");
    expect([countWords(0, 0), countWords(1, 0), countWords(5, 2)]).toEqual(["Sin turnos", "1 turno", "5 turnos, 2 sin confirmar"]);
  });

  it("are read from the address only when they make sense", () => {
    expect(fromHash("#/week/2026-11-26")).toEqual({ view: "week", date: "2026-11-26" });
    expect(fromHash("#/year/2026-13-99")).toEqual({ view: null, date: null });
    expect(fromHash("")).toEqual({ view: null, date: null });
  });
});

describe("the form", () => {
  const services = [{ id: 4, name: "Prueba", minutes: 30, active: true }, { id: 5, name: "Clase", minutes: 90, active: true }];

  it("lasts as long as its service, or as long as it was drawn", () => {
    expect(newFields("2026-11-26T14:00:00", null, 1, services)).toMatchObject({ date: "2026-11-26", from: "14:00", to: "14:30", serviceId: 4 });
    const drawn = newFields("2026-11-26T14:00:00", "2026-11-26T16:00:00", 1, services);
    expect(drawn.to).toBe("16:00");
    expect(withService(drawn, services[1]).to).toBe("15:30");
    expect(startingAt(drawn, "09:15")).toMatchObject({ from: "09:15", to: "11:15" });
  });

  it("reads times as people type them", () => {
    expect(["9", "930", "9.30", "09:30", " 14h15 ", "1400"].map(clockOf)).toEqual(["09:00", "09:30", "09:30", "09:30", "14:15", "14:00"]);
    expect(["", "24:00", "9:60", "2 pm", "123456"].map(clockOf)).toEqual([null, null, null, null, null]);
  });

  it("goes past midnight when its end is before its beginning", () => {
    const fields = { ...newFields("2026-11-26T23:30:00", null, 1, services), to: "00:30" };
    expect(lengthOf(fields)).toBe(60);
    expect(draftOf(fields, ZONE)).toMatchObject({ start: "2026-11-26T23:30:00-03:00", end: "2026-11-27T00:30:00-03:00" });
  });

  it("gives back what it was made of, and nulls for what is empty", () => {
    const one = appointment({ notes: "Talle 37" });
    const { id: _id, tenant_id: _tenant, status: _status, source: _source, version: _version, conversation_id: _chat, ...asked } = one;
    expect(draftOf(fieldsOf(one, ZONE), ZONE)).toEqual(asked);
    const bare = draftOf({ ...fieldsOf(one, ZONE), title: " ", phone: "", notes: " " }, ZONE);
    expect(bare).toMatchObject({ customer_phone: null, notes: null });
    expect("title" in bare).toBe(false); // the server names it after the service
  });
});
