import assert from "node:assert/strict";
import { test } from "node:test";
import { filled, languageName, pieces, templateTitle } from "../js/templates.js";

const BODY = "Hola {{1}}, te recordamos tu turno del {{2}}.";

test("a parameter that is not typed yet keeps its place, a typed one stands in it", () => {
  assert.deepEqual(pieces(BODY, ["Lucía", " "]), ["Hola ", { place: 1, value: "Lucía" }, ", te recordamos tu turno del ", { place: 2, value: "" }, "."]);
  assert.equal(filled(BODY, ["Lucía", "viernes"]), "Hola Lucía, te recordamos tu turno del viernes.");
});

test("places may be named, stand twice or be none at all", () => {
  assert.equal(filled("{{nombre}}: {{total}}. ¿Sí, {{ nombre }}?", ["Ana", "$ 10"]), "Ana: $ 10. ¿Sí, Ana?");
  assert.deepEqual(pieces("Sin datos", []), ["Sin datos"]);
  assert.deepEqual(pieces("{{1}}", []), [{ place: 1, value: "" }]);
});

test("what is typed is no template itself", () => {
  assert.equal(filled("{{1}} y {{2}}", ["{{2}}", "b"]), "{{2}} y b");
});

test("names and foreign languages are words", () => {
  assert.equal(templateTitle("turno_recordatorio"), "Turno recordatorio");
  assert.equal(languageName("es_AR"), "");
  assert.match(languageName("pt_BR"), /portugués/i);
});
