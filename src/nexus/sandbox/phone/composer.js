import { reason } from "./api.js";
import { words } from "./bubble_content.js";
import { h, icon } from "./dom.js";
import { clock } from "./format.js";
import { startRecording } from "./recorder.js";

/** A one-box form; Enter sends, Shift+Enter breaks the line. A handler answering false gives the text back. */
export function textBox({ label, placeholder, onSend, before = null, after = null }) {
  const box = h("textarea", { rows: "1", placeholder, "aria-label": label, autocomplete: "off", enterkeyhint: "send", maxlength: "4096" });
  const send = h("button", { type: "submit", class: "compose-send", "aria-label": "Enviar" }, icon("send"));
  const form = h("form", { class: "compose" }, before, box, after, send);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = box.value.trim();
    if (!text) return;
    write("");
    box.focus();
    if ((await onSend(text)) === false && !box.value) write(text);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });

  function write(text) {
    box.value = text;
    box.dispatchEvent(new Event("input"));
  }

  return { form, box, send };
}

/**
 * The customer's composer, as on WhatsApp: attach, text, and a microphone that is a send button while there is text.
 * `onSend(text, quote)`, `onAttach(anchor)`, `onRecorded(recording)`. Returns
 * {element, quote, take, focus}.
 */
export function composer({ name, onSend, onAttach, onRecorded }) {
  const attach = round("plus", "Adjuntar", () => onAttach(attach), { "aria-haspopup": "menu", "aria-expanded": "false", class: "compose-quiet" });
  const record = round("mic", "Grabar un audio", startVoice);
  const { form, box, send } = textBox({ label: `Mensaje de ${name}`, placeholder: "Mensaje", onSend: (text) => onSend(text, take()), before: attach, after: record });
  const strip = h("div", { class: "quoting", hidden: true });
  const voice = h("div", { class: "compose recording", role: "group", "aria-label": "Grabando un audio", hidden: true });
  const trouble = h("p", { class: "compose-trouble", role: "alert" });
  let quoting = null;

  const choose = () => {
    send.hidden = !box.value.trim();
    record.hidden = !send.hidden;
  };
  box.addEventListener("input", choose);
  choose();

  function quote(message) {
    quoting = message;
    strip.hidden = !message;
    if (!message) return;
    const close = round("close", "No citar", () => { quote(null); box.focus(); }, { class: "compose-quiet" });
    strip.replaceChildren(h("div", { class: "quoted" },
      h("strong", {}, message.author === "customer" ? "Respondiendo a su propio mensaje" : "Respondiendo al negocio"), h("span", {}, words(message))), close);
    box.focus();
  }

  /** The quoted message, once. */
  function take() {
    const taken = quoting;
    quote(null);
    return taken;
  }

  async function startVoice() {
    trouble.textContent = "";
    let recording;
    try {
      recording = await startRecording();
    } catch (error) {
      trouble.textContent = `${reason(error)} Podés mandar un audio de ejemplo con el botón Adjuntar.`;
      return;
    }
    const time = h("span", { class: "recording-time", role: "timer" }, "0:00");
    const ticking = setInterval(() => { time.textContent = clock(recording.seconds()); }, 250);
    const end = (act) => async () => {
      clearInterval(ticking);
      [form.hidden, voice.hidden] = [false, true];
      record.focus();
      await act();
    };
    const done = round("stop", "Terminar la grabación", end(async () => onRecorded(await recording.stop())));
    voice.replaceChildren(round("trash", "Descartar la grabación", end(() => recording.cancel()), { class: "compose-quiet" }),
      h("span", { class: "recording-dot", "aria-hidden": "true" }), time, h("span", { class: "recording-words" }, "Grabando…"), done);
    [form.hidden, voice.hidden] = [true, false];
    done.focus();
  }

  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && quoting) quote(null);
  });
  return { element: h("div", { class: "composer" }, strip, trouble, form, voice), quote, take, focus: () => box.focus() };
}

function round(image, label, act, props = {}) {
  return h("button", { type: "button", "aria-label": label, title: label, onclick: act, ...props }, icon(image));
}
