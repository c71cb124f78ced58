import assert from "node:assert/strict";
import { test } from "node:test";
import { costWords, draftWords, modelWords, phrases, toneForm, toneOf, versionWords, wordsIn } from "../js/bot_words.js";

test("what the bot goes by is said with what waits", () => {
  assert.match(draftWords({ published: null, changes: 0 }), /de fábrica y los datos/);
  assert.equal(draftWords({ published: { number: 3 }, changes: 1 }), "1 cambio sin publicar: el bot contesta con la versión 3.");
  assert.match(draftWords({ published: null, changes: 2 }), /^2 cambios sin publicar: el bot contesta con lo que trae/);
  assert.match(draftWords({ published: { number: 3 }, changes: 0 }), /versión 3/);
});

test("a tone goes into its form and comes back whole", () => {
  const tone = { voseo: true, emoji: "few", longest: null, forbidden: ["mi amor", "bb"] };
  assert.deepEqual(toneForm(tone), { voseo: true, emoji: "few", longest: null, forbidden: "mi amor\nbb" });
  assert.equal(toneForm({ ...tone, forbidden: [] }).forbidden, null);
  assert.deepEqual(toneOf(tone, { longest: 300 }), { ...tone, longest: 300 });
  assert.deepEqual(toneOf(tone, { forbidden: " mi amor \n\nmi amor\nreina" }).forbidden, ["mi amor", "reina"]);
  assert.deepEqual(toneOf(tone, { forbidden: null }).forbidden, []);
  assert.deepEqual(phrases("a\r\nb"), ["a", "b"]);
});

test("words are parted by commas, semicolons and lines, each once", () => {
  assert.deepEqual(wordsIn("mallot, body;\n body ,"), ["mallot", "body"]);
});

test("a cost that is not known is not invented", () => {
  assert.equal(costWords({ cost_usd: 1.5, unpriced_calls: 0 }), "US$ 1,50");
  assert.equal(costWords({ cost_usd: 1.5, unpriced_calls: 1 }), "US$ 1,50, más 1 consulta sin precio");
  assert.equal(costWords({ cost_usd: null, unpriced_calls: 4 }), "sin precio conocido");
});

test("a model says its price and its end", () => {
  assert.equal(modelWords({ price: null, ends: null, ended: false }, "x"), "precio desconocido");
  assert.match(modelWords({ price: { fresh: 0.4, out: 1.6 }, ends: "2026-10-23", ended: true }, "gpt-5-mini"), /US\$ 0,40 leer .* apagó el 23\/10\/2026: pasate a gpt-5-mini/);
});

test("a version says who, when, and what it goes back to", () => {
  const version = { published_by: "caro@danza.test", copy_of: 2 };
  assert.equal(versionWords(version, "hoy", () => "Caro"), "Caro · hoy · vuelve a la 2");
  assert.equal(versionWords({ ...version, copy_of: null }, "hoy"), "caro@danza.test · hoy");
});
