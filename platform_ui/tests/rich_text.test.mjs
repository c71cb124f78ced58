import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { parse, words } from "../js/rich_text.js";

const strong = (...children) => ({ tag: "strong", children });
const em = (...children) => ({ tag: "em", children });
const s = (...children) => ({ tag: "s", children });
const link = (href) => ({ tag: "a", href, children: [href] });

test("WhatsApp's marks become pieces, one inside the other too", () => {
  assert.deepEqual(parse("*Giselle* _en oferta_ ~$ 58.900~ hoy"), [strong("Giselle"), " ", em("en oferta"), " ", s("$ 58.900"), " hoy"]);
  assert.deepEqual(parse("*_muy_ buena*"), [strong(em("muy"), " buena")]);
  assert.deepEqual(parse("(*sí*)"), ["(", strong("sí"), ")"]);
});

test("a sum, a half mark, a name with underscores and a mark over two lines stay as written", () => {
  for (const text of ["5 * 3 * 2", "2*3*4", "*sin cerrar", "foto_de_puntas.png", "*una\notra*", "**", "* a*", "", "~"]) {
    assert.deepEqual(parse(text), text ? [text] : []);
  }
});

test("addresses become links without the full stop, and their underscores are no marks", () => {
  assert.deepEqual(parse("Mirá https://a.example/x_y_z/. ¿Sí?"), ["Mirá ", link("https://a.example/x_y_z/"), ". ¿Sí?"]);
  assert.deepEqual(parse("*https://a.example/*"), [strong(link("https://a.example/"))]);
  assert.deepEqual(parse("_https://a.example/x_y_"), [em(link("https://a.example/x_y"))]);
});

test("only web addresses are links", () => {
  for (const text of ["javascript:alert(1)", "data:text/html,x", "https://", "xhttps://a.example"]) assert.deepEqual(parse(text), [text]);
});

test("markup is text like any other", () => {
  assert.deepEqual(parse("<img src=x onerror=alert(1)>"), ["<img src=x onerror=alert(1)>"]);
});

test("a preview is one line without marks", () => {
  assert.equal(words("*Giselle*\nPrecio: ~$ 58.900~ $ 49.900"), "Giselle Precio: $ 58.900 $ 49.900");
});

test("4096 marks take no longer than a message", () => {
  const hostile = "*a ".repeat(1365);
  assert.deepEqual(parse(hostile), [hostile]);
});

test("the phone page reads messages by the same file", async () => {
  const [ours, phones] = await Promise.all(["../js/rich_text.js", "../../src/nexus/sandbox/phone/rich_text.js"]
    .map((path) => readFile(new URL(path, import.meta.url), "utf8")));
  assert.equal(phones, ours);
});
