import { askTranscript, knownSamples, openAttachments, sampleMessage } from "./attachments.js";
import { bubblePainter } from "./bubble.js";
import { composer } from "./composer.js";
import { h, icon, reconcile } from "./dom.js";
import { followChat } from "./follow_chat.js";
import { phone as readable } from "./format.js";
import { openMessageMenu, walkMessages } from "./message_menu.js";
import { outbox } from "./outbox.js";
import { control, handleOf, keepFocus, phoneFrame } from "./phone_frame.js";
import { toolsDrawer } from "./tools.js";

const CHIPS = ["Tenés puntas de danza talle 37?", "¿Cuánto salen las medias?", "Quiero agendar mañana a las 14:00", "Quiero hablar con una persona", "¿Dónde está mi pedido 102?"];
const NEAR_PX = 48;
const CLOCK_MS = 20_000;

/** One simulated phone: a customer's chat with one business number. Returns {element, update, start, stop}. */
export function phoneView(customer, number, { onMoved }) {
  let stopping = null;
  let brief = 0;
  let chat = { messages: [], typing: false };
  const box = outbox(customer, number, { onChange: () => draw({ follow: true }), warn });
  const say = (message) => box.say(message, write.take());
  const write = composer({
    name: customer.name,
    onSend: (text, quote) => box.say({ text }, quote),
    onAttach: (anchor) => openAttachments(anchor, say),
    onRecorded: (recording) => askTranscript(recording, say, () => write.focus()),
  });
  const drawer = toolsDrawer(customer, number, { act: box.act, say, warn, onMoved });
  const parts = phoneFrame(customer, number, { chips: chipRow(say), composer: write.element, drawer: drawer.element });
  const paint = bubblePainter({ onRetry: box.retry, onMenu, onChoose, onQuoted });

  function draw({ follow = false } = {}) {
    const { log } = parts;
    const atEnd = follow || log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_PX;
    const before = log.childElementCount;
    const nodes = paint([...chat.messages, ...box.beyond(chat.messages)]);
    if (!nodes.length) nodes.push(parts.blank);
    if (chat.typing) nodes.push(parts.typing);
    keepFocus(log, () => reconcile(log, nodes));
    lastMenuIsTheStop(log);
    parts.presence.textContent = chat.typing ? "escribiendo…" : readable(number.phone);
    drawer.show(chat);
    if (atEnd) toEnd();
    else if (nodes.length > before) parts.toEnd.hidden = false;
  }

  function toEnd() {
    parts.log.scrollTop = parts.log.scrollHeight;
    parts.toEnd.hidden = true;
  }

  function onMenu(message, anchor) {
    openMessageMenu(anchor, message, {
      onReact: (to, emoji) => box.act({ type: "reaction", content: { message_id: to.wamid, ...(emoji && { emoji }) } }),
      onReply: write.quote,
      back: () => control(parts.log, message.id, "menu")?.focus({ preventScroll: true }),
    });
  }

  function onChoose(message, { type, content, text }) {
    box.say({ type, text, request: { type, content } }, message);
  }

  function onQuoted(wamid) {
    const message = chat.messages.find((one) => one.wamid === wamid);
    const bubble = message && parts.log.querySelector(`[data-id="${CSS.escape(message.id)}"]`);
    if (!bubble) return warn("El mensaje citado no está en este chat.");
    bubble.scrollIntoView({ block: "center" });
    bubble.classList.add("pointed");
    setTimeout(() => bubble.classList.remove("pointed"), 1500);
  }

  function warn(text, milliseconds = 0) {
    clearTimeout(brief);
    if (milliseconds) brief = setTimeout(warn, milliseconds, "");
    parts.warning.textContent = text;
    parts.warning.hidden = !text;
  }

  walkMessages(parts.log);
  parts.log.addEventListener("scroll", () => {
    if (parts.log.scrollHeight - parts.log.scrollTop - parts.log.clientHeight < NEAR_PX) parts.toEnd.hidden = true;
  });
  parts.toEnd.addEventListener("click", toEnd);
  // The picture of the phone shrinks when the drawer opens or the keyboard comes up: keep the end in sight.
  new ResizeObserver(() => parts.toEnd.hidden && toEnd()).observe(parts.log);
  return {
    element: parts.element,
    /** The same person, known anew: she hides or shows her number. */
    update(known) {
      Object.assign(customer, known);
      parts.handle.textContent = handleOf(customer);
      drawer.update();
    },
    start() {
      if (stopping) return;
      stopping = new AbortController();
      const { signal } = stopping;
      const ticking = setInterval(() => drawer.show(chat), CLOCK_MS);
      signal.addEventListener("abort", () => clearInterval(ticking));
      followChat(customer, number, {
        signal,
        onChat(read) {
          chat = read;
          parts.offline.hidden = true;
          draw();
        },
        onAway: () => { parts.offline.hidden = false; },
      });
    },
    stop() {
      stopping?.abort();
      stopping = null;
    },
  };
}

/** Tab stops once in the chat, at the newest message. */
function lastMenuIsTheStop(log) {
  const buttons = [...log.querySelectorAll("[data-key=menu]")];
  const held = buttons.find((button) => button === document.activeElement);
  for (const button of buttons) button.tabIndex = button === (held ?? buttons.at(-1)) ? 0 : -1;
}

/** What to say in one touch: words, and between them the voices of the simulator. */
function chipRow(say) {
  const row = h("div", { class: "chips", role: "group", "aria-label": "Sugerencias" }, CHIPS.map((text) => chip(text, () => say({ text }))));
  knownSamples().then((samples) => samples.filter((sample) => sample.kind === "audio").forEach((voice, index) => {
    const spoken = chip(voice.transcript, () => say(sampleMessage(voice)), "mic");
    spoken.setAttribute("aria-label", `Mandar un audio que dice: ${voice.transcript}`);
    row.insertBefore(spoken, row.children[1 + 2 * index] ?? null);
  }));
  return row;
}

function chip(text, act, image = null) {
  return h("button", { class: "chip", type: "button", onclick: act }, image && icon(image), h("span", {}, text));
}
