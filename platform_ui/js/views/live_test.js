import { h, icon } from "../html.js";

/** A vendor that is slow is still an outcome. */
export const TEST_TIMEOUT_MS = 45_000;

/** What a live test found: a sign, its sentence, and when it was. */
export const outcomeOf = ({ ok, message }, when = "") =>
  h("div", { class: ok ? "outcome ok" : "outcome bad" }, icon(ok ? "done" : "alert", ok ? "Anda" : "No anda"),
    h("div", {}, message ?? (ok ? "La prueba anduvo." : "La prueba falló."), when && h("small", {}, when)));

/** "Probar": runs `test()` (a promise of {ok, message}) and puts the outcome into `outcome`. */
export function testButton({ test, outcome, label = "Probar", busy = "Probando…", before = () => true }) {
  const button = h("button", { class: "button", type: "button", onclick: run }, label);

  async function run() {
    if (!before()) return;
    button.disabled = true;
    button.textContent = busy;
    try {
      outcome.replaceChildren(outcomeOf(await test(), "Recién"));
    } catch (error) {
      outcome.replaceChildren(outcomeOf({ ok: false, message: error.message }));
    }
    button.disabled = false;
    button.textContent = label;
  }

  return button;
}
