import assert from "node:assert/strict";
import { test } from "node:test";
import { appendPage, markerAfter, markerFor, mergePage, newestTime, rowsInSight, settledOrder } from "../js/chat_pages.js";

const START = Date.parse("2026-11-26T12:00:00Z");
const chat = (id, minutesAgo, extra = {}) => ({ id, last_message_at: minutesAgo === null ? null : new Date(START - minutesAgo * 60_000).toISOString(), ...extra });
const ids = (chats) => chats.map(({ id }) => id).join("");

test("the newest page slides over what is known, and what slid out stays behind it", () => {
  const known = mergePage([], { items: [chat("a", 1), chat("b", 2), chat("c", 3)], next: "n" });
  const now = mergePage(known, { items: [chat("d", 0), chat("a", 1), chat("b", 2)], next: "n" });
  assert.equal(ids(now), "dabc");
});

test("what left the question goes, what lies beyond the page does not", () => {
  const known = [chat("a", 1), chat("b", 2), chat("c", 3), chat("d", 9)];
  assert.equal(ids(mergePage(known, { items: [chat("a", 1), chat("c", 3)], next: "n" })), "acd");
  assert.equal(ids(mergePage(known, { items: [chat("a", 1)], next: null })), "a");
  assert.equal(ids(mergePage(known, { items: [], next: null })), "");
});

test("an older page replaces its own span alone, and a chat without a message stands last", () => {
  const known = [chat("a", 1), chat("b", 2), chat("c", 3), chat("d", 4)];
  const page = { items: [chat("c", 3, { unread: 7 }), chat("e", 5)], next: "n" };
  const now = mergePage(known, page, START - 2 * 60_000);
  assert.equal(ids(now), "abce");
  assert.equal(now[2].unread, 7);
  assert.equal(ids(mergePage(now, { items: [chat("f", null)], next: null }, START - 5 * 60_000)), "abcef");
});

test("what is in sight is asked for from the last marker before it", () => {
  const markers = [{ cursor: "one", at: START - 10 * 60_000 }, { cursor: "two", at: START - 20 * 60_000 }];
  assert.equal(markerFor(markers, chat("x", 15)).cursor, "one");
  assert.equal(markerFor(markers, chat("x", 25)).cursor, "two");
  assert.equal(markerFor(markers, chat("x", 5)), null);
  assert.deepEqual(markerAfter({ items: [chat("a", 10)], next: "n" }), { cursor: "n", at: START - 10 * 60_000 });
  assert.equal(markerAfter({ items: [chat("a", 10)], next: null }), null);
});

test("search results keep the server's order and stand once", () => {
  assert.equal(ids(appendPage([chat("b", 2)], { items: [chat("b", 2), chat("a", 1)] })), "ba");
});

test("nothing moves while the list is held, what is new is counted, and older rows follow", () => {
  const shown = [chat("a", 1), chat("b", 2)];
  const wanted = [chat("n", 0), chat("b", 0), chat("a", 1), chat("o", 9)];
  assert.deepEqual(settledOrder(["a", "b"], wanted, true, newestTime(shown)), { order: ["a", "b", "o"], fresh: 2 });
  assert.deepEqual(settledOrder(["a", "b"], wanted, false, newestTime(shown)), { order: ["n", "b", "a", "o"], fresh: 0 });
  assert.deepEqual(settledOrder(["a", "b"], [chat("b", 2)], true, newestTime(shown)), { order: ["a", "b"], fresh: 0 });
});

test("of 10 000 rows only those near the view exist", () => {
  assert.deepEqual(rowsInSight(0, 800, 80, 10_000, 6), { from: 0, to: 16 });
  assert.deepEqual(rowsInSight(400_000, 800, 80, 10_000, 6), { from: 4994, to: 5016 });
  assert.deepEqual(rowsInSight(900_000, 800, 80, 10_000, 6), { from: 10_000, to: 10_000 });
});
