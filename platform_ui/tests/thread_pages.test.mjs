import assert from "node:assert/strict";
import { test } from "node:test";
import { threadPages } from "../js/thread_pages.js";

const message = (n) => ({ id: `m${n}`, created_at: new Date(Date.UTC(2026, 0, 1, 0, n)).toISOString() });
const run = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => message(from + index));
const shown = (pages) => pages.shown().map(({ id }) => Number(id.slice(1)));

test("the newest page slides and what slid out stays, until there is a gap", () => {
  const pages = threadPages();
  pages.takeNewest({ items: run(5, 7), next: "5" });
  pages.takeNewest({ items: run(6, 8), next: "6" });
  assert.deepEqual([shown(pages), pages.before()], [[5, 6, 7, 8], "5"]);
  pages.takeOlder({ items: run(3, 4), next: "3" });
  assert.deepEqual([shown(pages), pages.before()], [[3, 4, 5, 6, 7, 8], "3"]);
  pages.takeNewest({ items: run(20, 22), next: "20" });
  assert.deepEqual([shown(pages), pages.before()], [[20, 21, 22], "20"]);
});

test("a place far back stands alone, grows both ways and joins the end when it reaches it", () => {
  const pages = threadPages();
  pages.takeNewest({ items: run(95, 99), next: "95" });
  pages.takeAround({ items: run(40, 44), next: "40", last: "44" });
  assert.deepEqual([shown(pages), pages.isPast(), pages.before(), pages.after()], [[40, 41, 42, 43, 44], true, "40", "44"]);
  pages.takeOlder({ items: run(38, 39), next: null });
  pages.takeLater({ items: run(45, 94), next: "94", last: "94" });
  assert.equal(pages.isPast(), true);
  pages.takeLater({ items: run(95, 99), next: null, last: "99" });
  assert.deepEqual([pages.isPast(), shown(pages).length, shown(pages)[0], pages.before()], [false, 62, 38, null]);
});

test("a place near the end joins at once, and going to the end leaves the past", () => {
  const pages = threadPages();
  pages.takeNewest({ items: run(10, 14), next: "10" });
  pages.takeAround({ items: run(7, 11), next: "7", last: "11" });
  assert.deepEqual([pages.isPast(), shown(pages)], [false, [7, 8, 9, 10, 11, 12, 13, 14]]);
  pages.takeAround({ items: run(1, 2), next: null, last: "2" });
  pages.toEnd();
  assert.deepEqual(shown(pages), [7, 8, 9, 10, 11, 12, 13, 14]);
});
