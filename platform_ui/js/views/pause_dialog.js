import { h } from "../html.js";
import { isOff, isPaused } from "../words.js";

const SPANS = [["1", "1 hora"], ["4", "4 horas"], ["24", "24 horas"], ["morning", "Hasta mañana a las 9"], ["other", "Hasta otro momento"]];
const HOUR_MS = 3_600_000;

/** Who answers this chat: the bot, a person until some time, or nobody but people. Asks until when and why. */
export function askForPause({ chat, time, onPause, onOff, onBot }) {
  const now = isOff(chat) ? "off" : isPaused(chat) ? "human" : "bot";
  const until = h("select", { class: "input", "aria-label": "Hasta cuándo", onchange: sync }, SPANS.map(([value, words]) => h("option", { value, selected: value === "24" }, words)));
  const day = h("input", { class: "input", type: "date", "aria-label": "Día", min: time.dayKey(Date.now()), value: time.dayKey(Date.now() + 24 * HOUR_MS) });
  const hour = h("input", { class: "input", type: "time", "aria-label": "Hora", value: "09:00" });
  const other = h("div", { class: "pause-other", hidden: true }, day, hour);
  const reason = h("input", { class: "input", type: "text", maxlength: "200", autocomplete: "off", value: chat.override_reason ?? "" });
  const why = h("label", { class: "field" }, h("span", {}, "Motivo (lo ve tu equipo)"), reason);
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const radios = new Map();
  const choice = (value, word, text, more = null) => {
    const input = h("input", { type: "radio", name: "who", value, checked: value === (now === "bot" ? "human" : now), onchange: sync });
    radios.set(value, input);
    return h("div", { class: "choice" }, h("label", {}, input, h("span", { class: `owner ${value}` }, word), h("span", { class: "choice-text" }, text)), more);
  };
  const dialog = h("dialog", { class: "pause-dialog", "aria-labelledby": "pause-title" },
    h("form", { method: "dialog", onsubmit: submit }, h("h2", { id: "pause-title" }, "Quién responde este chat"),
      h("fieldset", {}, h("legend", { class: "unseen" }, "Quién responde"),
        choice("bot", "Bot", "Responde solo."),
        choice("human", "Humano", "El bot calla hasta el momento que elijas.", h("div", { class: "pause-until" }, until, other)),
        choice("off", "Apagado", "El bot no vuelve a este chat hasta que se lo devuelvas.")),
      why, problem,
      h("div", { class: "dialog-actions" }, h("button", { class: "button", type: "button", onclick: () => dialog.close() }, "Cancelar"),
        h("button", { class: "button primary", type: "submit" }, "Guardar"))));

  const chosen = () => [...radios].find(([, input]) => input.checked)[0];

  function sync() {
    until.parentElement.hidden = chosen() !== "human";
    other.hidden = until.value !== "other";
    why.hidden = chosen() === "bot";
  }

  function end() {
    if (until.value === "morning") return time.moment(time.dayKey(Date.now() + 24 * HOUR_MS), "09:00");
    if (until.value === "other") return day.value && hour.value ? time.moment(day.value, hour.value) : "";
    return new Date(Date.now() + Number(until.value) * HOUR_MS).toISOString();
  }

  function submit(event) {
    const how = { reason: reason.value.trim() };
    if (chosen() === "off") onOff(how);
    else if (chosen() === "human") {
      const moment = end();
      if (!(Date.parse(moment) > Date.now())) {
        event.preventDefault();
        problem.textContent = "Elegí un momento que todavía no pasó.";
        problem.hidden = false;
        day.focus();
        return;
      }
      onPause({ ...how, until: moment });
    } else if (now !== "bot") onBot();
  }

  show(dialog);
  sync();
}

/** The bot gets the chat back: does it answer what the customer said last? `onChoice(true)` lets it. */
export function askWhatIsPending(said, onChoice) {
  const answer = (value) => () => {
    dialog.close();
    onChoice(value);
  };
  const dialog = h("dialog", { "aria-labelledby": "pending-title" },
    h("form", { method: "dialog" }, h("h2", { id: "pending-title" }, "¿Que el bot responda lo pendiente?"),
      h("p", {}, "Nadie respondió lo último que escribió:"),
      h("blockquote", { class: "pending-words" }, said),
      h("div", { class: "dialog-actions stacked" },
        h("button", { class: "button primary", type: "button", onclick: answer(true) }, "Sí, que lo responda"),
        h("button", { class: "button", type: "button", onclick: answer(false) }, "No, desde lo próximo"),
        h("button", { class: "button plain", type: "submit" }, "Cancelar"))));
  show(dialog);
}

function show(dialog) {
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
