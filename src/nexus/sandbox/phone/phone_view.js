import { readChat, sendAsCustomer, sendAsOwner } from "./api.js";
import { bubblePainter } from "./bubble.js";
import { h, icon, reconcile } from "./dom.js";
import { phone as readable } from "./format.js";

const CHIPS = ["Tenés puntas de danza talle 37?", "¿Cuánto salen las medias?", "Quiero hablar con una persona", "¿Dónde está mi pedido 102?"];
const WAIT_SECONDS = 20;

/** One simulated phone: a customer's chat with one business number. Returns {element, start, stop}. */
export function phoneView(customer, number) {
  let stopping = null;
  const parts = layout(customer, number, { say, sayAsOwner });
  const local = new Map();
  let remote = [];
  let typing = false;
  const paint = bubblePainter({ onRetry: (message) => deliver(local.get(message.wamid)) });

  function draw() {
    const log = parts.log;
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 48;
    const before = log.childElementCount;
    for (const message of remote) local.delete(message.wamid ?? message.id);
    const messages = [...remote, ...local.values()];
    const nodes = messages.length ? paint(messages) : [parts.blank];
    if (typing) nodes.push(parts.typing);
    reconcile(log, nodes);
    parts.presence.textContent = typing ? "escribiendo…" : readable(number.phone);
    if (atEnd) toEnd();
    else if (nodes.length > before) parts.toEnd.hidden = false;
  }

  function toEnd() {
    parts.log.scrollTop = parts.log.scrollHeight;
    parts.toEnd.hidden = true;
  }

  async function say(text) {
    const wamid = `wamid.sim.${randomHex()}`;
    const message = { id: wamid, wamid, author: "customer", text, at: new Date().toISOString(), local: true };
    local.set(wamid, message);
    await deliver(message);
  }

  async function deliver(message) {
    Object.assign(message, { status: "pending", trouble: "" });
    draw();
    toEnd();
    try {
      const { delivery } = await sendAsCustomer(customer.phone, {
        text: message.text, to: number.phone, name: customer.name, wamid: message.wamid,
      });
      if (delivery && delivery.status !== 200) warn(`El webhook del negocio contestó ${delivery.status}; se reintenta solo.`);
      else warn("");
    } catch (error) {
      Object.assign(message, { status: "failed", trouble: reason(error) });
    }
    draw();
  }

  async function sayAsOwner(text) {
    try {
      await sendAsOwner({ to: customer.phone, from: number.phone, text });
      warn("");
      return true;
    } catch (error) {
      warn(reason(error));
      return false;
    }
  }

  function warn(text) {
    parts.warning.textContent = text;
    parts.warning.hidden = !text;
  }

  /** Follows the chat until aborted. A hidden page asks nothing: a browser has few connections to one host. */
  async function follow(signal) {
    let rev;
    for (let failures = 0; !signal.aborted; ) {
      try {
        await whenVisible();
        const wait = rev === undefined ? undefined : WAIT_SECONDS;
        const chat = await readChat(customer.phone, number.phone, { wait, rev, signal });
        ({ rev, typing } = chat);
        remote = chat.messages;
        failures = 0;
        parts.offline.hidden = true;
        draw();
      } catch {
        // Aborted, or the sandbox is away: say so and ask again, ever more slowly.
        if (signal.aborted) return;
        parts.offline.hidden = false;
        rev = undefined;
        failures += 1;
        await pause(Math.min(1000 * 2 ** failures, 10_000), signal);
      }
    }
  }

  parts.log.addEventListener("scroll", () => {
    if (parts.log.scrollHeight - parts.log.scrollTop - parts.log.clientHeight < 48) parts.toEnd.hidden = true;
  });
  parts.toEnd.addEventListener("click", toEnd);
  // The picture of the phone shrinks when the owner's strip opens or the keyboard comes up: keep the end in sight.
  new ResizeObserver(() => parts.toEnd.hidden && toEnd()).observe(parts.log);
  return {
    element: parts.element,
    start() {
      if (stopping) return;
      stopping = new AbortController();
      follow(stopping.signal);
    },
    stop() {
      stopping?.abort();
      stopping = null;
    },
  };
}

function layout(customer, number, { say, sayAsOwner }) {
  const shop = number.store_name || "Negocio";
  const parts = {
    presence: h("p", { "aria-live": "polite" }, readable(number.phone)),
    log: h("ol", { class: "log", role: "log", tabindex: "0", "aria-label": `Chat de ${customer.name} con ${shop}` }),
    typing: h("li", { class: "bubble typing", "aria-hidden": "true" }, h("i"), h("i"), h("i")),
    blank: h("li", { class: "log-blank" }, `Escribí como ${customer.name} o tocá una sugerencia.`),
    toEnd: h("button", { class: "to-end", type: "button", hidden: true }, icon("down"), "Mensajes nuevos"),
    offline: h("p", { class: "offline", role: "status", hidden: true }, "Sin conexión. Reintentando…"),
    warning: h("p", { class: "notice", role: "status", hidden: true }),
  };
  parts.element = h("section", { class: "phone", "aria-label": `Teléfono de ${customer.name}` },
    h("div", { class: "phone-top" },
      h("div", { class: "phone-owner-line" }, h("span", {}, h("span", { class: "phone-whose" }, "Teléfono de "), h("strong", {}, customer.name)), h("span", {}, readable(customer.phone))),
      h("header", { class: "phone-bar" },
        h("span", { class: "phone-disc" }, icon("shop")),
        h("div", { class: "phone-shop" }, h("h2", {}, shop), parts.presence)),
      parts.warning),
    h("div", { class: "wall" }, parts.log, parts.toEnd, parts.offline),
    h("div", { class: "chips", role: "group", "aria-label": "Sugerencias" },
      CHIPS.map((text) => h("button", { class: "chip", type: "button", onclick: () => say(text) }, text))),
    composer(`Mensaje de ${customer.name}`, "Mensaje", say),
    h("details", { class: "owner" },
      h("summary", {}, icon("shop"), "Responder desde el teléfono del dueño"),
      h("p", {}, "Como si el dueño contestara desde WhatsApp Business: el bot se calla en este chat."),
      composer("Respuesta del dueño", "Respuesta del dueño", sayAsOwner)));
  return parts;
}

/** A one-box form; Enter sends, Shift+Enter breaks the line. A handler answering false gives the text back. */
function composer(label, placeholder, onSend) {
  const box = h("textarea", { rows: "1", placeholder, "aria-label": label, autocomplete: "off", enterkeyhint: "send", maxlength: "4096" });
  const form = h("form", { class: "compose" }, box, h("button", { type: "submit", "aria-label": "Enviar" }, icon("send")));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = box.value.trim();
    if (!text) return;
    box.value = "";
    if ((await onSend(text)) === false && !box.value) box.value = text;
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  return form;
}

const reason = (error) => (error instanceof TypeError ? "No hay conexión con el simulador." : error.message);

// crypto.randomUUID exists only on secure origins; the simulator may be opened over plain http on the shop's network.
const randomHex = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

const whenVisible = () => document.hidden && new Promise((resolve) => {
  document.addEventListener("visibilitychange", resolve, { once: true });
});

const pause = (milliseconds, signal) => new Promise((resolve) => {
  const timer = setTimeout(resolve, milliseconds);
  signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
});
