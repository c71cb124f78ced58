import { ApiError } from "../api.js";
import { seconds, count } from "../figures.js";
import { h, icon, richText } from "../html.js";
import { empty } from "./states.js";

const LONGEST = 4096;
const LONGEST_MS = 40_000;
const SUGGESTIONS = ["Hola! ¿Qué venden?", "¿Hacen envíos?", "¿Tenés puntas talle 37?", "Quiero hablar con una persona"];
const ASKED = { q: "buscó", category: "categoría", keyword: "palabra", reason: "motivo", date: "día", date_time: "día y hora", summary: "resumen" };
const VERSIONS = [["published", "Lo publicado"], ["draft", "El borrador"]];
const STATUS = { ok: "anduvo", empty: "no encontró nada", error: "falló", refused: "no se le permitió" };

/** Asks the real bot with the shop's real settings; nothing is sent, stored or booked. */
export function tryPart(place, { api, can }, route) {
  let messages = [];
  let busy = false;
  let left = false;
  const input = h("textarea", { class: "input", rows: "1", maxlength: LONGEST, placeholder: "Escribí como un cliente…", "aria-label": "Mensaje de prueba", onkeydown: onKey });
  const log = h("div", { class: "try-log", role: "log", "aria-label": "Conversación de prueba", tabindex: "0" });
  const send = h("button", { class: "button primary", type: "submit", "aria-label": "Preguntar" }, icon("send"), h("span", {}, "Preguntar"));
  const again = h("button", { class: "button plain", type: "button", onclick: restart }, "Empezar de nuevo");
  const tries = h("div", { class: "tries" }, SUGGESTIONS.map((text) => h("button", { class: "button", type: "button", onclick: () => ask(text) }, text)));
  // Only who may publish has a draft to try.
  let version = can("settings") && route.query.get("con") === "borrador" ? "draft" : "published";
  const versions = VERSIONS.map(([key, label]) => h("button", { class: "chip", type: "button", "data-version": key, onclick: () => choose(key) }, label));
  place.append(h("div", { class: "try" },
    can("settings") && h("div", { class: "chips", role: "group", "aria-label": "Con qué contesta" }, versions),
    h("p", { class: "field-hint" }, "Contesta el bot de verdad, con los datos y productos de tu tienda. No se manda ni se guarda nada; derivar y dar turnos se simulan."),
    log, tries,
    h("form", { class: "try-form", onsubmit: (event) => { event.preventDefault(); ask(input.value); } }, input, send), h("div", {}, again)));
  mark();
  restart();

  function mark() {
    for (const choice of versions) choice.setAttribute("aria-pressed", String(choice.dataset.version === version));
  }

  /** The other one answers anew: what one said is no past of the other. */
  function choose(key) {
    if (busy || key === version) return;
    version = key;
    route.setQuery(new URLSearchParams(key === "draft" ? { con: "borrador" } : {}));
    mark();
    restart();
  }

  function restart() {
    messages = [];
    log.replaceChildren(empty("Probá al bot", "Preguntale lo que te preguntan todos los días y mirá qué consultó para contestar."));
    again.hidden = true;
    tries.hidden = false;
  }

  function onKey(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    ask(input.value);
  }

  async function ask(text) {
    const said = text.trim();
    if (!said || busy) return;
    if (!messages.length) log.replaceChildren();
    busy = true;
    send.disabled = true;
    tries.hidden = true;
    const before = messages;
    messages = [...messages, { role: "user", text: said }];
    const mine = add(h("div", { class: "try-line them" }, said));
    const waiting = add(h("p", { class: "try-wait" }, "Pensando…"));
    input.value = "";
    try {
      const answer = await api.write("/admin/test-chat", { messages, version }, LONGEST_MS);
      if (left) return;
      show(answer);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // What could not be asked goes back to where it can be asked again.
      messages = before;
      mine.remove();
      input.value = said;
      add(h("p", { class: "problem", role: "alert" }, error.message));
    } finally {
      waiting.remove();
      busy = false;
      send.disabled = false;
      again.hidden = !messages.length;
      input.focus();
    }
  }

  function show(answer) {
    for (const bubble of answer.bubbles) add(h("div", { class: "try-line us" }, bubble.imageUrl ? picture(bubble.imageUrl) : richText(bubble.text)));
    const texts = answer.bubbles.map(({ text }) => text).filter(Boolean);
    if (texts.length) messages = [...messages, { role: "assistant", text: texts.join("\n") }];
    if (answer.outcome !== "answered") add(h("p", { class: answer.outcome === "error" ? "problem" : "outcome" }, icon(answer.outcome === "error" ? "alert" : "handoff"), outcomeWords(answer)));
    add(how(answer));
  }

  function picture(url) {
    const image = h("img", { src: url, alt: "Imagen que mandaría", loading: "lazy", onerror: () => image.replaceWith(h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, "Imagen")) });
    return image;
  }

  function add(node) {
    log.append(node);
    node.scrollIntoView({ block: "nearest" });
    return node;
  }

  return () => { left = true; };
}

const outcomeWords = ({ outcome, reason }) => (outcome === "handed_off"
  ? `Acá derivaría a una persona${reason ? `: ${reason}` : ""}.`
  : `No pudo contestar${reason ? `: ${reason}` : ""}.`);

function how({ tools, tokens_in: read, tokens_out: written, seconds: took }) {
  const sum = `${tools.length === 1 ? "1 consulta" : `${tools.length} consultas`} · ${seconds(took)} · ${count(read + written)} tokens`;
  return h("details", { class: "try-how", open: tools.length > 0 }, h("summary", {}, tools.length ? `Cómo lo supo: ${sum}` : `Contestó sin consultar nada · ${sum.split(" · ").slice(1).join(" · ")}`),
    h("ol", {}, tools.map((tool) => h("li", {},
      h("span", {}, h("strong", {}, tool.label), " ", STATUS[tool.status] ?? tool.status, tool.found !== null && tool.found !== undefined && tool.status === "ok" ? ` (${tool.found})` : "", tool.simulated ? " · simulado, no pasó nada" : ""),
      h("small", {}, [argumentsOf(tool.arguments), tool.milliseconds < 1000 ? `${Math.round(tool.milliseconds)} ms` : seconds(tool.milliseconds / 1000)].filter(Boolean).join(" · "))))));
}

const argumentsOf = (given) => Object.entries(given ?? {}).filter(([, value]) => value !== null && value !== "").map(([name, value]) => `${ASKED[name] ?? name.replaceAll("_", " ")}: ${typeof value === "object" ? JSON.stringify(value) : value}`).join(", ");
