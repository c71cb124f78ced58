import { h } from "../html.js";
import { askForNotices, noticeState, playSound } from "../notices.js";
import { preferencesOf } from "../preferences.js";

const WHY_NOT = {
  unsupported: "Este navegador no muestra avisos en esta dirección: hace falta abrir el panel por https (o en esta misma máquina).",
  denied: "El navegador tiene bloqueados los avisos de esta página: se habilitan en el candado de la barra de direcciones.",
};

/** How a person wants to be called when a chat needs her, and how she sends; kept in this browser. Returns the unmount. */
export function mountNotices(root, { person }) {
  const preferences = preferencesOf(person);
  const problem = h("p", { class: "field-hint", role: "status" });
  const notice = check("Aviso en el escritorio", "Cuando alguien espera a una persona y no tenés este chat a la vista.", preferences.get("notice") && noticeState() === "granted", changeNotice);
  const sound = check("Sonido", "Dos notas cortas, en la misma ocasión.", preferences.get("sound"), changeSound);
  const keys = h("select", { class: "input", onchange: () => preferences.set("send", keys.value) },
    [["enter", "Enter envía; Mayús + Enter baja de renglón"], ["ctrl", "Ctrl + Enter envía; Enter baja de renglón"]]
      .map(([value, words]) => h("option", { value, selected: preferences.get("send") === value }, words)));

  async function changeNotice(input) {
    // The browser asks only now, because somebody pressed.
    const state = input.checked ? await askForNotices() : noticeState();
    input.checked = input.checked && state === "granted";
    problem.textContent = WHY_NOT[state] ?? "";
    preferences.set("notice", input.checked);
  }

  function changeSound(input) {
    preferences.set("sound", input.checked);
    if (input.checked) playSound();
  }

  root.append(h("div", { class: "notices" }, notice, problem, sound,
    h("p", { class: "field-hint" }, "Con uno de los dos prendido, el panel sigue mirando cada 15 segundos aunque la pestaña esté tapada."),
    h("label", { class: "field" }, h("span", {}, "Para enviar un mensaje"), keys)));
  return () => {};
}

function check(title, hint, checked, onChange) {
  const input = h("input", { type: "checkbox", checked, onchange: () => onChange(input) });
  return h("label", { class: "check" }, input, h("span", {}, h("strong", {}, title), h("span", { class: "field-hint" }, hint)));
}
