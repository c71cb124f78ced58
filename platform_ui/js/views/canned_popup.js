import { askedFor, blanksOf, filledReply, fitting } from "../canned.js";
import { h } from "../html.js";

const MOST = 30;

/**
 * The canned replies over the box while it holds nothing but `/…`: arrows walk, Enter or Tab takes, Esc closes.
 * `onPick(text)` gets the reply with its blanks filled. Returns {element, update}.
 */
export function cannedPopup({ box, canned, blanks, onPick }) {
  const list = h("ul", { class: "canned-list", role: "listbox", id: "canned-list", "aria-label": "Respuestas rápidas" });
  const note = h("p", { class: "canned-note" });
  const element = h("div", { class: "canned", hidden: true }, list, note);
  let shown = [];
  let at = 0;
  let closedFor = null; // Esc closed it for these very words

  box.setAttribute("aria-controls", list.id);
  box.setAttribute("aria-autocomplete", "list");
  box.addEventListener("input", update);
  box.addEventListener("blur", () => setTimeout(() => { if (document.activeElement !== box) close(); }, 150));
  box.addEventListener("keydown", (event) => {
    if (element.hidden || event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") {
      event.preventDefault();
      closedFor = box.value;
      close();
    } else if (step && shown.length) {
      event.preventDefault();
      mark((at + step + shown.length) % shown.length);
    } else if ((event.key === "Enter" && !event.shiftKey) || event.key === "Tab") {
      if (!shown.length) return;
      event.preventDefault();
      take(shown[at]);
    }
  });

  async function update() {
    const asked = askedFor(box.value);
    if (asked === null || box.value === closedFor) {
      close();
      return;
    }
    closedFor = null;
    try {
      const replies = await canned.load();
      if (askedFor(box.value) === asked) show(fitting(replies, asked).slice(0, MOST), replies.length);
    } catch (error) {
      show([], 0, `No se pudieron traer las respuestas rápidas. ${error.message}`);
    }
  }

  function show(replies, known, trouble = "") {
    shown = replies;
    const words = blanksOf(blanks());
    list.replaceChildren(...replies.map((reply, index) => h("li", {
      class: "canned-row", role: "option", id: `canned-${index}`, "aria-selected": "false",
      // Before the box loses the focus.
      onpointerdown: (event) => { event.preventDefault(); take(reply); },
    }, h("span", { class: "canned-short" }, `/${reply.shortcut}`), h("span", { class: "canned-text" }, filledReply(reply.text, words)))));
    note.replaceChildren(...(trouble ? [trouble] : replies.length ? [] : [known ? "Ninguna coincide. " : "Todavía no hay respuestas rápidas. "]),
      h("a", { class: "link", href: "#/conocimiento/respuestas" }, known || trouble ? "Editarlas" : "Escribir la primera"));
    element.hidden = false;
    if (replies.length) mark(0);
    else box.removeAttribute("aria-activedescendant");
  }

  function mark(index) {
    at = index;
    [...list.children].forEach((row, other) => row.setAttribute("aria-selected", String(other === at)));
    box.setAttribute("aria-activedescendant", `canned-${at}`);
    list.children[at].scrollIntoView({ block: "nearest" });
  }

  function close() {
    element.hidden = true;
    box.removeAttribute("aria-activedescendant");
  }

  function take(reply) {
    onPick(filledReply(reply.text, blanksOf(blanks())));
    close();
    box.focus();
    box.setSelectionRange(box.value.length, box.value.length);
  }

  return { element, update };
}
