import assert from "node:assert/strict";
import { test } from "node:test";
import { askedFor, blanksOf, filledReply, fitting } from "../js/canned.js";
import { clock } from "../js/format.js";

const REPLIES = [{ shortcut: "envios", text: "Hacemos envíos" }, { shortcut: "horario", text: "De 9 a 18" }, { shortcut: "alias", text: "Para envíos, el alias" }];

test("a slash at the very start asks, anything else is a message", () => {
  assert.deepEqual(["/", "/env", "/envíos", "hola /env", "/env ya", "//", ""].map(askedFor), ["", "env", "envíos", null, null, null, null]);
});

test("the shortcut counts before the words, accents and capitals do not", () => {
  assert.deepEqual(fitting(REPLIES, "ENVÍ").map(({ shortcut }) => shortcut), ["envios", "alias"]);
  assert.equal(fitting(REPLIES, "").length, 3);
  assert.deepEqual(fitting(REPLIES, "zzz"), []);
});

test("blanks are filled, an unknown name leaves no hole, and what is no blank stays", () => {
  const blanks = blanksOf({ chat: { display_name: "Lucía Fernández" }, tenant: { store_name: "Danza Sur" }, person: { name: "Ana" } });
  assert.equal(filledReply("¡Hola {nombre}! Soy {yo}, de {tienda}. {otro}", blanks), "¡Hola Lucía! Soy Ana, de Danza Sur. {otro}");
  const nobody = blanksOf({ chat: { display_name: "+54 9 11 5555-0123" }, tenant: { store_name: "Danza Sur" }, person: { name: null } });
  assert.equal(filledReply("¡Hola {nombre}! {nombre}, mirá", nobody), "¡Hola!, mirá");
  assert.equal(filledReply("{nombre}", { nombre: "{tienda}", tienda: "x" }), "{tienda}");
});

test("a time on the shop's clock is one instant, also across a change of the clocks", () => {
  assert.equal(clock("America/Argentina/Buenos_Aires").moment("2026-11-27", "09:00"), "2026-11-27T12:00:00.000Z");
  assert.equal(clock("Europe/Madrid").moment("2026-03-29", "01:30"), "2026-03-29T00:30:00.000Z");
  assert.equal(clock("Europe/Madrid").moment("2026-03-29", "12:00"), "2026-03-29T10:00:00.000Z");
});
