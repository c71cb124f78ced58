import assert from "node:assert/strict";
import { test } from "node:test";
import { countWords, lastFour } from "../js/erasing.js";

test("what went is told in words, and nothing where nothing was", () => {
  assert.equal(countWords({ chats: 1, messages: 1200, files: 0, appointments_cancelled: 2, events: 9 }), "1 conversación, 1.200 mensajes, 2 turnos cancelados");
  assert.equal(countWords({ chats: 0, messages: 0 }), "no había nada guardado");
});

test("the last four are those of the number however it is written, or of a name without one", () => {
  assert.equal(lastFour("+54 9 11 5555-0123"), "0123");
  assert.equal(lastFour("AR.1234567890abcd"), "abcd");
});
