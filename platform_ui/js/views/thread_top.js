import { phone } from "../format.js";
import { h, icon, reconcile } from "../html.js";
import { isPaused, waitedFor, whyPaused, whyWaiting } from "../words.js";
import { askForHandoff } from "./handoff.js";

const NARROW = matchMedia("(max-width: 799px)");

/** The head of a thread: who it is, who answers and why, and the actions. Returns {element, render, focusWhenAlone}. */
export function threadTop({ time, me, readOnly, actions }) {
  let item = null;
  const name = h("h2", { tabindex: "-1" }, "Conversación");
  const number = h("span", { class: "top-number" });
  const state = h("span", { class: "owner" });
  const pause = h("button", { class: "button", type: "button", onclick: () => actions.pause(item.id) }, icon("pause"), "Pausar el bot");
  const handoff = h("button", { class: "button plain", type: "button", onclick: () => askForHandoff("una persona", (reason) => actions.handoff(item.id, reason)) },
    icon("handoff"), "Derivar");
  const buttons = h("div", { class: "top-actions" }, pause, handoff);
  const words = h("p", { role: "status" });
  // Where it is said why the bot is silent stands what undoes it.
  const giveBack = h("button", { class: "button", type: "button", onclick: () => actions.giveBack(item.id) }, icon("play"), "Devolver al bot");
  const turn = h("div", { class: "turn", hidden: true }, words, giveBack);
  const element = h("header", { class: "top" },
    h("a", { class: "icon-button top-back", href: "#/chats", "aria-label": "Volver a la lista" }, icon("back")),
    h("div", { class: "top-who" }, name, h("p", { class: "top-line" }, number, state)), buttons, turn);

  /** Whose turn it is when it is not the bot's, and why. */
  function turnWords(chat, toAnswer) {
    const why = whyPaused(chat, me);
    if (chat.needs_human_since) {
      const reason = whyWaiting(chat.needs_human_reason);
      const since = waitedFor(chat.needs_human_since);
      return `Te toca responder: espera a una persona${since && ` hace ${since}`}${reason && ` (${reason})`}.`;
    }
    const since = chat.override_since && time.short(chat.override_since);
    const cause = why && `: ${why}${since && ` (${since})`}`;
    return toAnswer ? `Te toca responder. El bot está en pausa${cause}.` : `El bot está en pausa${cause}.`;
  }

  return {
    element,
    /** On a narrow screen the thread replaces the list: the reader has to be taken to it. */
    focusWhenAlone: () => NARROW.matches && name.focus(),
    /** `chat` is null when the list has not shown it yet; `toAnswer`: the last word is the customer's. */
    render(chat, toAnswer) {
      item = chat;
      const paused = Boolean(chat) && isPaused(chat);
      buttons.hidden = !chat || readOnly;
      turn.hidden = !chat || (!paused && !chat.needs_human_since);
      giveBack.hidden = readOnly;
      state.hidden = !chat;
      if (!chat) return;
      const title = chat.display_name || phone(chat.wa_address || chat.external_user_id);
      put(name, title);
      put(number, chat.display_name ? phone(chat.wa_address || chat.external_user_id) : "");
      state.className = `owner ${paused ? "human" : "bot"}`;
      put(state, paused ? `Humano, hasta ${time.short(chat.human_override_until)}` : "Responde el bot");
      reconcile(buttons, paused ? [handoff] : [pause, handoff]);
      turn.classList.toggle("waiting", Boolean(chat.needs_human_since));
      if (!turn.hidden) put(words, turnWords(chat, toAnswer));
    },
  };
}

// Writing the same words again would make screen readers repeat them.
function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
