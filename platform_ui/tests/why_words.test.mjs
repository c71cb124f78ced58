import assert from "node:assert/strict";
import test from "node:test";

import { callWords, dollars, milliseconds, price, sumOf, timesOf, verdictWords } from "../js/why_words.js";

test("what took no time to speak of and what took long are told in what people read", () => {
  assert.deepEqual([3, 999.6, 1400, 20].map(milliseconds), ["3 ms", "1000 ms", "1,4 s", "20 ms"]);
});

test("a cost has as many digits as it takes to be told from nothing", () => {
  assert.deepEqual([0.000395, 0.12, 1.5, 0].map(dollars), ["US$ 0,0004", "US$ 0,12", "US$ 1,50", "US$ 0"]);
});

test("a price is read as a price, and none is to be asked for", () => {
  assert.deepEqual(["49900.00", 1250.5, null, "x"].map(price), ["$\u00a049.900,00", "$\u00a01.250,50", "a consultar", "a consultar"]);
});

test("only what is known is a figure", () => {
  assert.deepEqual(sumOf({ timings: {}, tokens_in: null, cost_usd: null }), []);
  assert.deepEqual(sumOf({ timings: { total: 1400 }, tokens_in: 900, tokens_out: 80, cost_usd: 0.000395, calls: [{}] }),
    [["en responder", "1,4 s"], ["tokens", "980"], ["costo", "US$ 0,0004"]]);
  assert.deepEqual(sumOf({ model_seconds: 0.01, tokens_in: 10, tokens_out: 1, cost_usd: null, calls: [{}] }),
    [["de modelo", "menos de 0,1 s"], ["tokens", "11"], ["costo", "sin precio"]]);
  assert.deepEqual(timesOf({ queue: 2000, model: 900, tools: null }).map(({ name }) => name), ["Espera", "Modelo"]);
});

test("a call says what it read, what of it was known, and nothing where nothing was told", () => {
  assert.equal(callWords({ tokens_in: 1100, cached: 128, tokens_out: 80, reasoning: 0 }), "1.100 tokens leídos (128 de la memoria del proveedor), 80 escritos");
  assert.equal(callWords({ tokens_in: null }), "");
});

test("the verdict is a sentence for each outcome", () => {
  assert.match(verdictWords({ outcome: "passed", violations: [] }), /salen de lo que consultó/);
  assert.match(verdictWords({ outcome: "repaired", violations: [{}, {}] }), /2 cosas sin respaldo/);
  assert.match(verdictWords({ outcome: "blocked", violations: [{}] }), /texto fijo/);
});
