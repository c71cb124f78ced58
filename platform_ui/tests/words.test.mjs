import assert from "node:assert/strict";
import { test } from "node:test";
import { aroundHit, isOff, owner, ownerWords, windowLeft } from "../js/words.js";

const NOW = Date.parse("2026-11-26T12:00:00Z");
const chat = (extra) => ({ needs_human_since: null, human_override_until: null, waiting_since: null, window_expires_at: null, ...extra });

test("who answers is one of four, and how long somebody waits stands beside it", () => {
  const waits = { waiting_since: "2026-11-26T11:48:00Z" };
  assert.equal(ownerWords(chat({ waiting_since: "2026-11-26T11:59:50Z" }), NOW), "Bot");
  assert.equal(ownerWords(chat({ waiting_since: "2026-11-26T10:40:00Z" }), NOW), "Bot · espera 1 h");
  assert.equal(ownerWords(chat({ ...waits, human_override_until: "2026-11-27T00:00:00Z" }), NOW), "Humano · espera 12 min");
  assert.equal(ownerWords(chat({ human_override_until: "9999-12-31T00:00:00Z" }), NOW), "Apagado");
  assert.equal(ownerWords(chat({ ...waits, needs_human_since: "2026-11-26T11:59:30Z" }), NOW), "Espera 12 min");
  assert.equal(owner(chat({ human_override_until: "2026-11-26T11:00:00Z" }), NOW), "bot");
  assert.equal(isOff(chat({ human_override_until: "2026-11-27T00:00:00Z" })), false);
});

test("the window says how long it stays open", () => {
  assert.deepEqual(windowLeft(chat({ window_expires_at: "2026-11-27T09:14:00Z" }), NOW), { open: true, left: "21 h 14 min" });
  assert.deepEqual(windowLeft(chat({ window_expires_at: "2026-11-26T12:00:20Z" }), NOW), { open: true, left: "menos de 1 min" });
  assert.deepEqual(windowLeft(chat({}), NOW), { open: false, left: "" });
});

test("a found word stands near the beginning of its line", () => {
  const snippet = "Hola, soy Ana. Te las separo hasta el viernes";
  const found = aroundHit({ snippet, ranges: [[38, 45]] });
  assert.equal(found.snippet, "…hasta el viernes");
  assert.equal(found.snippet.slice(...found.ranges[0]), "viernes");
  assert.deepEqual(aroundHit({ snippet, ranges: [[6, 9]] }), { snippet, ranges: [[6, 9]] });
  const long = `${"a".repeat(40)}b`;
  assert.deepEqual(aroundHit({ snippet: long, ranges: [[40, 41]] }), { snippet: "…b", ranges: [[1, 2]] });
});
