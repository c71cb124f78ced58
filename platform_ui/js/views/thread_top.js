import { phone } from "../format.js";
import { h, icon, reconcile } from "../html.js";
import { isPaused, owner, waitedFor, whyWaiting } from "../words.js";
import { askForHandoff } from "./handoff.js";

const NARROW = matchMedia("(max-width: 799px)");

/** The head of a thread: who it is, who answers, and the actions. Returns {element, render, focusWhenAlone}. */
export function threadTop({ time, readOnly, actions }) {
  let item = null;
  const name = h("h2", { tabindex: "-1" }, "Conversación");
  const number = h("span", { class: "top-number" });
  const state = h("span", { class: "owner" });
  const pause = h("button", { class: "button", type: "button", onclick: () => actions.pause(item.id) }, icon("pause"), "Pausar el bot");
  const giveBack = h("button", { class: "button", type: "button", onclick: () => actions.giveBack(item.id) }, icon("play"), "Devolver al bot");
  const handoff = h("button", { class: "button plain", type: "button", onclick: () => askForHandoff("una persona", (reason) => actions.handoff(item.id, reason)) },
    icon("handoff"), "Derivar");
  const buttons = h("div", { class: "top-actions" }, pause, giveBack, handoff);
  const banner = h("p", { class: "waiting-line", role: "status" });
  const element = h("header", { class: "top" },
    h("a", { class: "icon-button top-back", href: "#/chats", "aria-label": "Volver a la lista" }, icon("back")),
    h("div", { class: "top-who" }, name, h("p", { class: "top-line" }, number, state)), buttons, banner);

  return {
    element,
    /** On a narrow screen the thread replaces the list: the reader has to be taken to it. */
    focusWhenAlone: () => NARROW.matches && name.focus(),
    /** `chat` is null when the list has not shown it yet. */
    render(chat) {
      item = chat;
      buttons.hidden = !chat || readOnly;
      banner.hidden = !chat?.needs_human_since;
      state.hidden = !chat;
      if (!chat) return;
      const paused = isPaused(chat);
      const title = chat.display_name || phone(chat.wa_address || chat.external_user_id);
      put(name, title);
      put(number, chat.display_name ? phone(chat.wa_address || chat.external_user_id) : "");
      state.className = `owner ${paused ? "human" : "bot"}`;
      put(state, paused ? `Humano, hasta ${time.short(chat.human_override_until)}` : "Responde el bot");
      reconcile(buttons, [...(paused ? [giveBack] : [pause]), ...(paused || owner(chat) !== "waiting" ? [] : [giveBack]), handoff]);
      if (chat.needs_human_since) {
        const why = whyWaiting(chat.needs_human_reason);
        const since = waitedFor(chat.needs_human_since);
        put(banner, `Te toca responder: espera a una persona${since && ` hace ${since}`}${why && ` (${why})`}.`);
      }
    },
  };
}

// Writing the same words again would make screen readers repeat them.
function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
