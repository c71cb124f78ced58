import assert from "node:assert/strict";
import { test } from "node:test";
import { draftStore } from "../js/drafts.js";
import { callsSince, callTime } from "../js/incoming.js";
import { unsentStore } from "../js/unsent.js";

function memory() {
  const kept = new Map();
  return { read: (key) => JSON.parse(kept.get(key) ?? "{}"), write: (key, value) => kept.set(key, JSON.stringify(value)), kept };
}
const [ana, bruno, shop] = [{ id: 1 }, { id: 2 }, { id: 7 }];

test("what has no answer yet is there for the next page, under its own ref, until it is answered", () => {
  const store = memory();
  unsentStore(ana, shop, store).keep("chat", { ref: "r1", type: "text", content: "Hola" });
  const later = unsentStore(ana, shop, store);
  assert.deepEqual(later.of("chat"), []); // another tab may still take it back
  later.leaving("r1");
  assert.deepEqual(later.of("chat").map(({ ref, content, left }) => [ref, content, left]), [["r1", "Hola", true]]);
  assert.deepEqual(later.of("other"), []);
  assert.deepEqual(unsentStore(bruno, shop, store).of("chat"), []);
  assert.deepEqual(later.of("chat", Date.now() + 8 * 86_400_000), []);
  later.drop("r1");
  assert.deepEqual(later.of("chat"), []);
});

test("a draft is each person's own, survives the page and goes when it is empty", () => {
  const store = memory();
  draftStore(ana, shop, store).set("chat", "Te lo res");
  assert.equal(draftStore(ana, shop, store).of("chat"), "Te lo res");
  assert.equal(draftStore(bruno, shop, store).of("chat"), "");
  const drafts = draftStore(ana, shop, store);
  drafts.set("chat", "");
  assert.equal(draftStore(ana, shop, store).of("chat"), "");
  for (let n = 0; n < 205; n += 1) drafts.set(`c${n}`, "x");
  assert.deepEqual([drafts.of("c0"), drafts.of("c204")], ["", "x"]);
});

test("a person is called when the bot is silent or calls, never for a chat that she is reading", () => {
  const at = "2026-11-26T12:00:00Z";
  const chat = (extra) => ({ id: "c", last_message_at: at, last_message_direction: "in", human_override_until: null, needs_human_since: null, ...extra });
  assert.equal(callTime(chat({})), 0);
  assert.equal(callTime(chat({ human_override_until: "9999-12-31T00:00:00Z" })), Date.parse(at));
  assert.equal(callTime(chat({ needs_human_since: at, last_message_direction: "out" })), Date.parse(at));
  const waiting = chat({ needs_human_since: at });
  assert.deepEqual(callsSince([waiting], Date.parse(at) - 1, null), [waiting]);
  assert.deepEqual(callsSince([waiting], Date.parse(at) - 1, "c"), []);
  assert.deepEqual(callsSince([waiting], Date.parse(at), null), []);
});
