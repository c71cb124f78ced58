import { h, icon, put, reconcile } from "../html.js";
import { isOff, isPaused, owner, waitedFor, whyPaused, whyWaiting, windowLeft } from "../words.js";
import { phone } from "../format.js";
import { chatName } from "./chat_row.js";
import { askForHandoff } from "./handoff.js";

const NARROW = matchMedia("(max-width: 799px)");

/**
 * The head of a thread: who it is, who answers and why, and the actions. `pending()` is what the customer said that
 * nobody answered, or null; `nameOf(email)` is what the team calls somebody. Returns {element, render, focusWhenAlone, pause}.
 */
export function threadTop({ time, me, readOnly, nameOf, actions, pending, onInfo }) {
  let item = null;
  const name = h("h2", { tabindex: "-1" }, "Conversación");
  const number = h("span", { class: "top-number" });
  const state = h("button", { class: "owner top-state", type: "button", title: "Quién responde, hasta cuándo y por qué", disabled: readOnly, onclick: openPause });
  const free = h("span", { class: "top-window" });
  const pause = h("button", { class: "button", type: "button", onclick: () => actions.pause(item.id) }, icon("pause"), h("span", { class: "top-word" }, "Pausar el bot"));
  const handoff = h("button", { class: "button plain", type: "button", onclick: () => askForHandoff("una persona", (reason) => actions.handoff(item.id, reason)) },
    icon("handoff"), h("span", { class: "top-word" }, "Derivar"));
  const info = h("button", { class: "icon-button top-info", type: "button", "aria-label": "Datos del cliente", title: "Datos del cliente", onclick: onInfo }, icon("info"));
  const buttons = h("div", { class: "top-actions" });
  const words = h("p", { role: "status" });
  const reason = h("p", { class: "turn-reason" });
  // Where it is said why the bot is silent stands what undoes it.
  const giveBack = h("button", { class: "button", type: "button", onclick: askToGiveBack }, icon("play"), "Devolver al bot");
  const turn = h("div", { class: "turn", hidden: true }, h("div", { class: "turn-words" }, words, reason), giveBack);
  const element = h("header", { class: "top" },
    h("a", { class: "icon-button top-back", href: "#/chats", "aria-label": "Volver a la lista" }, icon("back")),
    h("div", { class: "top-who" }, name, h("div", { class: "top-line" }, state, free, number)), buttons, info, turn);

  async function openPause() {
    const { askForPause } = await import("./pause_dialog.js");
    askForPause({ chat: item, time, onPause: (how) => actions.pause(item.id, how), onOff: (how) => actions.off(item.id, how), onBot: askToGiveBack });
  }

  /** With something unanswered the bot may answer it or leave it; else there is nothing to ask. */
  async function askToGiveBack() {
    const { id } = item;
    const said = pending();
    if (said === null) {
      actions.giveBack(id, true);
      return;
    }
    const { askWhatIsPending } = await import("./pause_dialog.js");
    askWhatIsPending(said, (answer) => actions.giveBack(id, answer));
  }

  /** Whose turn it is when it is not the bot's, and why. */
  function turnWords(chat, toAnswer) {
    if (chat.needs_human_since) {
      const reason = whyWaiting(chat.needs_human_reason);
      const since = waitedFor(chat.needs_human_since);
      return `Te toca responder: espera a una persona${since && ` hace ${since}`}${reason && ` (${reason})`}.`;
    }
    const since = chat.override_since && time.short(chat.override_since);
    const why = whyPaused(chat, me.email, nameOf);
    const cause = why && `: ${why}${since && ` (${since})`}`;
    const what = isOff(chat) ? "El bot está apagado en este chat" : "El bot está en pausa";
    return toAnswer ? `Te toca responder. ${what}${cause}.` : `${what}${cause}.`;
  }

  function stateWords(chat) {
    if (isOff(chat)) return "Apagado";
    return isPaused(chat) ? `Humano, hasta ${time.short(chat.human_override_until)}` : "Responde el bot";
  }

  return {
    element,
    /** On a narrow screen the thread replaces the list: the reader has to be taken to it. */
    focusWhenAlone: () => NARROW.matches && name.focus(),
    /** What the key P does: pause, or give back. */
    pause() {
      if (!item || readOnly) return;
      if (isPaused(item) || item.needs_human_since) askToGiveBack();
      else actions.pause(item.id);
    },
    /** `chat` is null when the list has not shown it yet; `toAnswer`: the last word is the customer's. */
    render(chat, toAnswer) {
      item = chat;
      const paused = Boolean(chat) && isPaused(chat);
      for (const part of [info, state, free]) part.hidden = !chat;
      buttons.hidden = !chat || readOnly;
      turn.hidden = !chat || (!paused && !chat.needs_human_since);
      giveBack.hidden = readOnly;
      if (!chat) return;
      put(name, chatName(chat));
      const digits = phone(chat.wa_address || chat.external_user_id);
      put(number, digits === chatName(chat) ? "" : digits);
      const who = owner(chat);
      state.className = `owner top-state ${who === "waiting" ? (paused ? "human" : "bot") : who}`;
      put(state, stateWords(chat));
      const { open, left } = windowLeft(chat);
      free.classList.toggle("shut", !open);
      put(free, open ? `ventana ${left}` : "ventana cerrada");
      reconcile(buttons, paused ? [handoff] : [pause, handoff]);
      turn.classList.toggle("waiting", Boolean(chat.needs_human_since));
      if (turn.hidden) return;
      put(words, turnWords(chat, toAnswer));
      put(reason, chat.override_reason ? `Motivo: ${chat.override_reason}` : "");
    },
  };
}
