import { CAPTION_LIMIT } from "../attachment_rules.js";
import { h, icon, put } from "../html.js";
import { attachments } from "./attachments.js";
import { cannedPopup } from "./canned_popup.js";
import { templatePicker } from "./template_picker.js";
import { voiceButton } from "./voice_button.js";

const LONGEST = 4096;
const MAC = /Mac|iPhone|iPad/.test(navigator.platform ?? "");

/**
 * The box to write in, with the files that go along, canned replies behind `/`, a voice note and the templates.
 * `render({closed, readOnly, hint})`: when WhatsApp lets nobody write freely (`closed` says why) the templates take
 * its place. `zone` is where the veil of a dragged file lies; `blanks()` fills a canned reply.
 * Returns {element, render, give, focus, unmount}: `give(messages)` hands back what was taken back or refused.
 */
export function composer({ zone, templates, canned, preferences, draft, blanks, onDraft, onSend, onFiles, onTemplate }) {
  const box = h("textarea", { class: "input", rows: "1", placeholder: "Escribí un mensaje", "aria-label": "Mensaje", maxlength: LONGEST, "aria-describedby": "composer-hint" });
  const hint = h("p", { class: "composer-hint", id: "composer-hint" });
  const files = attachments({ onChange: tellHint });
  const popup = cannedPopup({ box, canned, blanks, onPick: write });
  const voice = voiceButton({ onRecorded: (file) => files.give([{ file, kind: "audio" }]) });
  const slash = h("button", { class: "icon-button", type: "button", "aria-label": "Respuestas rápidas", title: "Respuestas rápidas (/)", onclick: askReply }, icon("slash"));
  const template = h("button", { class: "icon-button", type: "button", "aria-label": "Plantillas de WhatsApp", title: "Plantillas de WhatsApp", "aria-expanded": "false", onclick: () => openPicker(!chosen) }, icon("template"));
  const keys = h("button", { class: "link composer-keys", type: "button", onclick: changeKeys });
  const form = h("form", { class: "composer-form", onsubmit: submit },
    h("div", { class: "composer-box" }, box, popup.element),
    h("div", { class: "composer-tools" }, files.button, voice.element, template, slash, keys,
      h("button", { class: "button primary", type: "submit", "aria-label": "Enviar" }, icon("send"), h("span", {}, "Enviar"))));
  const reason = h("p", { class: "composer-closed", hidden: true }, "Tu usuario puede leer, no escribir.");
  const picker = templatePicker({ templates, onSend: sendTemplate, onClose: () => openPicker(false) });
  const element = h("div", { class: "composer" }, files.tray, form, hint, picker.element, reason);
  let given = "";
  let state = { closed: "", readOnly: false };
  let chosen = false; // the templates, although one may write
  zone.append(files.veil);
  box.value = draft;
  box.addEventListener("input", () => {
    onDraft(box.value);
    tellHint();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.defaultPrevented) return;
    const byCtrl = preferences.get("send") === "ctrl";
    if (byCtrl ? !(event.ctrlKey || event.metaKey) : event.shiftKey) return;
    event.preventDefault();
    form.requestSubmit();
  });

  function submit(event) {
    event.preventDefault();
    const text = box.value.trim();
    const along = files.files();
    if (!along.length && !text) return;
    if (tooLong()) {
      box.focus();
      return;
    }
    const goesAlong = along.length && along[0].kind !== "audio";
    if (!along.length || goesAlong) write("");
    files.clear();
    if (along.length) onFiles(along, goesAlong ? text : "");
    else onSend(text);
    box.focus();
  }

  function sendTemplate(wanted, text) {
    onTemplate(wanted, text);
    if (chosen) openPicker(false);
  }

  function openPicker(open) {
    chosen = open;
    show();
    if (open) picker.element.focus(); // Esc closes it
    else if (!form.hidden) template.focus();
  }

  function askReply() {
    if (!box.value) write("/");
    box.focus();
    popup.update();
  }

  function changeKeys() {
    preferences.set("send", preferences.get("send") === "ctrl" ? "enter" : "ctrl");
    tellKeys();
  }

  function tellKeys() {
    const byCtrl = preferences.get("send") === "ctrl";
    put(keys, `${byCtrl ? (MAC ? "⌘ Enter" : "Ctrl + Enter") : "Enter"} envía`);
    keys.title = byCtrl ? "Enter baja de renglón. Tocá para enviar con Enter." : "Mayús + Enter baja de renglón. Tocá para enviar con Ctrl + Enter.";
  }

  const tooLong = () => files.files().length > 0 && files.files()[0].kind !== "audio" && box.value.trim().length > CAPTION_LIMIT;

  /** What is under the box: about the files when there are some, else about the chat. */
  function tellHint() {
    const [first] = files.files();
    const words = !first ? given
      : first.kind === "audio" ? "Los audios van sin comentario: lo que escribas queda para después."
        : tooLong() ? `El comentario puede tener hasta ${CAPTION_LIMIT} letras: sobran ${box.value.trim().length - CAPTION_LIMIT}.` : given;
    hint.classList.toggle("over", tooLong());
    put(hint, words);
    hint.hidden = form.hidden || !words;
  }

  function write(text) {
    box.value = text;
    onDraft(text);
  }

  /** What was taken back stands before what was begun since. */
  function give(messages) {
    const texts = messages.filter(({ template: sent, content }) => !sent && content).map(({ content }) => content);
    if (texts.length) write([...texts, box.value].filter(Boolean).join("\n"));
    files.give(messages.filter(({ file }) => file).map(({ file, type }) => ({ file, kind: type })));
    if (!form.hidden) box.focus();
  }

  function show() {
    const { closed, readOnly } = state;
    form.hidden = Boolean(readOnly || closed || chosen);
    files.tray.classList.toggle("away", form.hidden);
    files.render(!form.hidden);
    reason.hidden = !readOnly;
    template.setAttribute("aria-expanded", String(chosen));
    picker.render(readOnly ? "" : closed || (chosen ? "Elegí una plantilla: va tal como la aprobó WhatsApp." : ""), { mayClose: !closed });
    tellHint();
  }

  tellKeys();
  return {
    element,
    give,
    focus: () => (form.hidden ? picker.element.querySelector("button, input")?.focus() : box.focus()),
    render({ closed, readOnly, hint: words }) {
      given = words;
      state = { closed, readOnly };
      show();
    },
    unmount() {
      files.unmount();
      voice.stop();
    },
  };
}
