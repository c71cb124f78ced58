import { h, icon } from "../html.js";

const LONGEST = 4096;

/**
 * The box to write in. `render({closed, readOnly, hint})` puts the reason in its place when nobody may write.
 * Returns {element, render, give}: `give(text)` hands a refused text back if the box is empty.
 */
export function composer({ draft, onDraft, onSend }) {
  const box = h("textarea", { class: "input", rows: "1", placeholder: "Escribí un mensaje", "aria-label": "Mensaje", maxlength: LONGEST, "aria-describedby": "composer-hint" });
  const hint = h("p", { class: "composer-hint", id: "composer-hint" });
  const form = h("form", { class: "composer-form", onsubmit: submit },
    box, h("button", { class: "button primary", type: "submit", "aria-label": "Enviar" }, icon("send"), h("span", {}, "Enviar")));
  const reason = h("p", { class: "composer-closed", hidden: true });
  const element = h("div", { class: "composer" }, form, hint, reason);
  box.value = draft;
  box.addEventListener("input", () => onDraft(box.value));
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });

  function submit(event) {
    event.preventDefault();
    const text = box.value.trim();
    if (!text) return;
    put("");
    onSend(text);
  }

  function put(text) {
    box.value = text;
    onDraft(text);
  }

  return {
    element,
    give: (text) => box.value || put(text),
    render({ closed, readOnly, hint: words }) {
      const why = readOnly ? "Tu usuario puede leer, no escribir." : closed;
      form.hidden = Boolean(why);
      hint.hidden = Boolean(why) || !words;
      hint.textContent = words;
      reason.hidden = !why;
      reason.textContent = why || "";
    },
  };
}
