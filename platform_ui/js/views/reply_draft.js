import { h, icon, richText } from "../html.js";
import { sheets } from "../style_sheets.js";
import { toast } from "../toast.js";

const LONGEST = 4096;
const LONGEST_CAPTION = 1024;

/**
 * What the bot proposes to answer in shadow mode, above the composer: Enviar, Editar, Descartar, por qué. `place` is
 * the element that it stands before. Returns {look, unmount}: `look(chat)` whenever the chat item changed.
 */
export function replyDraft({ api, id, place, why, onDone }) {
  const element = h("section", { class: "proposal", "aria-label": "Lo que propone el bot", hidden: true });
  const path = `/admin/conversations/${encodeURIComponent(id)}/draft`;
  let shown = null;
  let edited = null; // the boxes while somebody changes it
  let asked = 0;
  let left = false;

  async function look(chat) {
    if (!chat?.needs_human_since) return show(null);
    asked += 1;
    const turn = asked;
    await sheets("proof");
    try {
      const { draft } = (await api.read(path)).body;
      if (turn === asked && !left) show(draft);
    } catch {
      // What was proposed stays in sight; the thread itself tells that nothing comes through.
    }
  }

  function show(draft) {
    if (draft && draft.id === shown?.id) return;
    if (edited && draft) toast("El cliente escribió de nuevo: el bot propone otra respuesta.");
    shown = draft;
    edited = null;
    draw();
  }

  function draw() {
    element.hidden = !shown;
    if (!shown) {
      element.replaceChildren();
      return;
    }
    if (!element.isConnected) place.before(element);
    element.replaceChildren(
      h("div", { class: "proposal-top" }, h("h2", {}, "El bot propone responder"),
        h("button", { class: "link", type: "button", onclick: () => why({ burst_id: shown.burst_id }) }, "por qué")),
      edited ? boxes() : h("div", { class: "proposal-bubbles" }, shown.bubbles.map(bubble)),
      ...notes(),
      h("div", { class: "proposal-actions" },
        shown.window_open && h("button", { class: "button primary", type: "button", onclick: send }, shown.promised.length ? "Ya lo hice: enviar" : "Enviar"),
        shown.window_open && (edited ? h("button", { class: "button", type: "button", onclick: () => edit(false) }, "Dejar como estaba")
          : h("button", { class: "button", type: "button", onclick: () => edit(true) }, "Editar")),
        h("button", { class: "button plain", type: "button", onclick: discard }, "Descartar")));
  }

  function notes() {
    const did = shown.promised.map(({ label }) => label.toLowerCase()).join(", ");
    return [
      did && h("p", { class: "proposal-warning" }, icon("alert"), h("span", {}, `En modo sombra el bot no cambia nada: el texto dice que ${did}, y no lo hizo. Hacelo vos antes de enviar.`)),
      !shown.window_open && h("p", { class: "field-hint" }, "Pasaron más de 24 h desde su último mensaje: WhatsApp sólo deja mandarle una plantilla."),
    ].filter(Boolean);
  }

  const bubble = ({ text, image_url: url, caption }) => h("div", { class: "proposal-bubble" }, url ? [picture(url), caption && h("span", {}, richText(caption))] : richText(text));

  function picture(url) {
    const image = h("img", { src: url, alt: "Imagen que mandaría", loading: "lazy", onerror: () => image.replaceWith(h("span", {}, "Imagen")) });
    return image;
  }

  function boxes() {
    return h("div", { class: "proposal-bubbles edited" }, edited.map((one, place) => h("div", { class: "proposal-line" },
      h("div", {}, one.image_url && picture(one.image_url),
        h("textarea", { class: "input", rows: "2", maxlength: one.image_url ? LONGEST_CAPTION : LONGEST, "aria-label": one.image_url ? "Texto de la imagen" : `Mensaje ${place + 1}`,
          oninput: (event) => { one[one.image_url ? "caption" : "text"] = event.target.value; } }, (one.image_url ? one.caption : one.text) ?? "")),
      edited.length > 1 && h("button", { class: "icon-button", type: "button", "aria-label": "Quitar", title: "Quitar", onclick: () => drop(place) }, icon("close")))));
  }

  function edit(on) {
    edited = on ? shown.bubbles.map((one) => ({ ...one })) : null;
    draw();
    (on ? element.querySelector("textarea") : element.querySelector(".primary"))?.focus();
  }

  function drop(place) {
    edited.splice(place, 1);
    draw();
    element.querySelector("textarea")?.focus();
  }

  /** What is sent in the draft's place: nothing that is empty. */
  function changed() {
    return edited.map(({ text, image_url: url, caption }) => (url ? { image_url: url, ...(caption?.trim() ? { caption: caption.trim() } : {}) } : { text: (text ?? "").trim() }))
      .filter((one) => one.image_url || one.text);
  }

  async function send() {
    const bubbles = edited ? changed() : null;
    if (bubbles && !bubbles.length) {
      toast("No queda nada para enviar: escribí algo o descartalo.");
      return;
    }
    await act(() => api.write(`${path}/${shown.id}/send`, { done: shown.promised.length > 0, ...(bubbles ? { bubbles } : {}) }));
  }

  const discard = () => act(() => api.remove(`${path}/${shown.id}`));

  async function act(ask) {
    const buttons = [...element.querySelectorAll("button")];
    buttons.forEach((button) => { button.disabled = true; });
    try {
      await ask();
      show(null);
      onDone();
    } catch (error) {
      buttons.forEach((button) => { button.disabled = false; });
      toast(error.message);
      if (error.code === "draft_decided") look({ needs_human_since: true });
    }
  }

  return {
    look,
    unmount() {
      left = true;
      element.remove();
    },
  };
}
