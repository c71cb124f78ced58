import assert from "node:assert/strict";
import { test } from "node:test";
import { changes, problems, valueOf } from "../js/form.js";

test("what is typed becomes what the API takes", () => {
  assert.equal(valueOf({ kind: "number" }, " 2,5 "), 2.5);
  assert.equal(valueOf({ kind: "number" }, ""), null);
  assert.ok(Number.isNaN(valueOf({ kind: "number" }, "dos")));
  assert.equal(valueOf({ kind: "text" }, "  "), null);
  assert.equal(valueOf({ kind: "text", required: true }, " "), "");
  assert.equal(valueOf({ kind: "area" }, " sangría\n"), " sangría");
  assert.equal(valueOf({ kind: "secret" }, " k "), "k");
  assert.equal(valueOf({ kind: "password" }, " k "), " k ");
  assert.equal(valueOf({ kind: "switch" }, true), true);
});

test("only what is different is sent, and an absent text is an empty one", () => {
  const fields = [{ name: "a" }, { name: "b" }, { name: "c" }];
  assert.deepEqual(changes(fields, { a: "1", b: undefined, c: false }, { a: "2", b: null, c: false }), { a: "2" });
});

test("a 422 puts its sentence beside the field, what has no field stays for the form", () => {
  const error = { message: "Hay datos que no son válidos.", details: { fields: { store_name: "no puede estar vacío", "business_hours.0.to": "cierra antes", cuerpo: "falta algo" } } };
  assert.deepEqual(problems(error, ["store_name", "business_hours"]), { byField: { store_name: "No puede estar vacío.", business_hours: "Cierra antes." }, general: "Falta algo." });
  assert.deepEqual(problems({ message: "Ya existe." }, ["a"]), { byField: {}, general: "Ya existe." });
});
