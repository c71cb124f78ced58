import assert from "node:assert/strict";
import { test } from "node:test";
import { clock } from "../js/format.js";
import { outcome } from "../js/keeping_words.js";

const time = clock("America/Argentina/Buenos_Aires");
const nothing = { before: "2026-08-26T12:00:00Z", messages: 0, chats: 0, chats_gone: 0, files: 0, bytes: 0, held: 0 };

test("what would go is said with its figures, what waits too", () => {
  assert.equal(outcome(nothing, time), "Con este plazo no se borra nada esta noche: no hay mensajes anteriores al 26/08/2026.");
  assert.equal(
    outcome({ ...nothing, messages: 1204, chats: 85, chats_gone: 12, files: 31, bytes: 5_242_880, held: 2 }, time),
    "Con este plazo, esta noche se borran 1.204 mensajes y 31 archivos (5 MB) de 85 chats, lo anterior al 26/08/2026. Desaparecen 12 chats que no tienen nada más nuevo. 2 chats viejos esperan a alguien: se borran cuando se atiendan.",
  );
  assert.equal(
    outcome({ ...nothing, messages: 1, chats: 1, chats_gone: 1, held: 1 }, time),
    "Con este plazo, esta noche se borra 1 mensaje de 1 chat, lo anterior al 26/08/2026. Desaparece 1 chat que no tiene nada más nuevo. 1 chat viejo espera a alguien: se borra cuando se atienda.",
  );
});
