import { CAPTION_LIMIT } from "../attachment_rules.js";
import { h, icon } from "../html.js";
import { attachments } from "./attachments.js";
import { templatePicker } from "./template_picker.js";

const LONGEST = 4096;

/**
 * The box to write in, with the files that go along. `render({closed, readOnly, hint})`: when WhatsApp lets nobody
 * write freely (`closed` says why) the templates take its place. `zone` is where the veil of a dragged file lies.
 * Returns {element, render, give, unmount}: `give(text)` hands a refused text back if the box is empty.
 */
export function composer({ zone, templates, draft, onDraft, onSend, onFiles, onTemplate }) {
  const box = h("textarea", { class: "input", rows: "1", placeholder: "Escribí un mensaje", "aria-label": "Mensaje", maxlength: LONGEST, "aria-describedby": "composer-hint" });
  const hint = h("p", { class: "composer-hint", id: "composer-hint" });
  const files = attachments({ onChange: tellHint });
  const form = h("form", { class: "composer-form", onsubmit: submit }, files.button, box,
    h("button", { class: "button primary", type: "submit", "aria-label": "Enviar" }, icon("send"), h("span", {}, "Enviar")));
  const reason = h("p", { class: "composer-closed", hidden: true }, "Tu usuario puede leer, no escribir.");
  const picker = templatePicker({ templates, onSend: onTemplate });
  const element = h("div", { class: "composer" }, files.tray, form, hint, picker.element, reason);
  let given = "";
  zone.append(files.veil);
  box.value = draft;
  box.addEventListener("input", () => {
    onDraft(box.value);
    tellHint();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });

  function submit(event) {
    event.preventDefault();
    const text = box.value.trim();
    const chosen = files.files();
    if (!chosen.length && !text) return;
    if (tooLong()) {
      box.focus();
      return;
    }
    const goesAlong = chosen.length && chosen[0].kind !== "audio";
    if (!chosen.length || goesAlong) put("");
    files.clear();
    if (chosen.length) onFiles(chosen, goesAlong ? text : "");
    else onSend(text);
    box.focus();
  }

  const tooLong = () => files.files().length > 0 && files.files()[0].kind !== "audio" && box.value.trim().length > CAPTION_LIMIT;

  /** What is under the box: about the files when there are some, else about the chat. */
  function tellHint() {
    const [first] = files.files();
    box.placeholder = first ? "Agregá un comentario" : "Escribí un mensaje";
    const words = !first ? given
      : first.kind === "audio" ? "Los audios van sin comentario: lo que escribas queda para después."
        : tooLong() ? `El comentario puede tener hasta ${CAPTION_LIMIT} letras: sobran ${box.value.trim().length - CAPTION_LIMIT}.` : given;
    hint.classList.toggle("over", tooLong());
    hint.textContent = words;
    hint.hidden = form.hidden || !words;
  }

  function put(text) {
    box.value = text;
    onDraft(text);
  }

  return {
    element,
    give: (text) => box.value || put(text),
    render({ closed, readOnly, hint: words }) {
      form.hidden = Boolean(readOnly || closed);
      files.tray.classList.toggle("away", form.hidden);
      files.render(!form.hidden);
      reason.hidden = !readOnly;
      picker.render(readOnly ? "" : closed);
      given = words;
      tellHint();
    },
    unmount: files.unmount,
  };
}
