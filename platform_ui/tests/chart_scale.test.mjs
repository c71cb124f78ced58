import assert from "node:assert/strict";
import { test } from "node:test";
import { bandAt, bands, labelled, linePath, scale, ticks } from "../js/chart_scale.js";

test("the lines of a chart are round, begin at 0 and hold the largest value", () => {
  assert.deepEqual(ticks(5), [0, 2, 4, 6]);
  assert.deepEqual(ticks(100), [0, 25, 50, 75, 100]);
  assert.deepEqual(ticks(1), [0, 1]);
  assert.deepEqual(ticks(0), [0, 1]);
  assert.deepEqual(ticks(0.3).at(-1) >= 0.3, true);
  for (const largest of [1, 2, 3, 7, 11, 99, 1234, 98_765, 2.34]) {
    const found = ticks(largest);
    assert.ok(found.at(-1) >= largest && found.length <= 8, `${largest}: ${found}`);
    if (Number.isInteger(largest)) assert.ok(found.every(Number.isInteger), `${largest}: ${found}`);
  }
});

test("a value lies where its share of the top is, and never outside", () => {
  const y = scale(10, 200, 0);
  assert.deepEqual([y(0), y(5), y(10), y(20)], [200, 100, 0, 0]);
});

test("bands share the width, the pointer finds its own, and the edges belong to the outer ones", () => {
  const { width, middle } = bands(4, 40, 240);
  assert.deepEqual([width, middle(0), middle(3)], [50, 65, 215]);
  assert.deepEqual([bandAt(41, 4, 40, 240), bandAt(239, 4, 40, 240), bandAt(0, 4, 40, 240), bandAt(999, 4, 40, 240)], [0, 3, 0, 3]);
});

test("a day without data interrupts the line", () => {
  assert.equal(linePath([[0, 1], [2, 3], null, [4, 5]]), "M0 1L2 3M4 5");
  assert.equal(linePath([null, null]), "");
});

test("labels are thinned until they do not touch", () => {
  assert.deepEqual(labelled(7, 700), [0, 1, 2, 3, 4, 5, 6]);
  assert.ok(labelled(90, 300).length <= 6);
});
