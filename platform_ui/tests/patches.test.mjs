import assert from "node:assert/strict";
import { test } from "node:test";
import { createPatches } from "../js/patches.js";

const item = { id: "a", status: "failed" };

test("a change is shown until an answer that was asked for after it succeeded", async () => {
  const patches = createPatches();
  let answer;
  const asked = patches.apply("a", { status: "pending" }, () => new Promise((resolve) => { answer = resolve; }));
  const before = patches.settleAfter();
  assert.equal(patches.over(item).status, "pending");

  answer();
  await asked;
  assert.equal(before(), false);
  assert.equal(patches.over(item).status, "pending");
  assert.equal(patches.settleAfter()(), true);
  assert.equal(patches.over(item), item);
});

test("a refused change is taken back and its reason passed on", async () => {
  const patches = createPatches();
  await assert.rejects(patches.apply("a", { status: "pending" }, () => Promise.reject(new Error("no"))), /no/);
  assert.equal(patches.over(item), item);
});

test("a refusal does not take back what was changed since", async () => {
  const patches = createPatches();
  const first = patches.apply("a", { status: "pending" }, () => Promise.reject(new Error("no")));
  patches.hold("a", { status: "discarded" });
  await assert.rejects(first);
  assert.equal(patches.over(item).status, "discarded");
  patches.drop("a");
  assert.equal(patches.over(item), item);
});
