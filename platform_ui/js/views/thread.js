import { span } from "../format.js";
import { h, icon, reconcile } from "../html.js";
import { outgoing } from "../outgoing.js";
import { poll } from "../poller.js";
import { toast } from "../toast.js";
import { isPaused } from "../words.js";
import { composer } from "./composer.js";
import { bubbleId, messagePainter } from "./message.js";
import { threadTop } from "./thread_top.js";

const PAGE = 50;
const NEAR_END_PX = 64;
const MOST_PAGES_BACK = 6;

/** One conversation: head, messages, composer. Returns {update, unmount}; `update` when the chat item changed. */
export function mountThread(root, { api, me, time, id, readOnly, drafts, templates, actions, chat }) {
  // `unread`: the chat has messages that nobody has seen; the next question says that now somebody does.
  const data = { newest: null, older: [], next: null, etag: null, unread: !readOnly };
  const path = `/admin/chats/${encodeURIComponent(id)}/messages`;
  const sending = outgoing({ api, conversationId: id, known: () => data.newest ?? [], onChange: draw, onDone: changed, onClosed: refused });
  const paint = messagePainter({ time, fileUrl: api.fileUrl, actions: { ...(readOnly ? {} : sending.actions), reveal } });
  const top = threadTop({ time, me, readOnly, actions });
  const earlier = h("button", { class: "button plain", type: "button", onclick: loadOlder }, "Ver mensajes anteriores");
  const earlierLine = h("div", { class: "earlier" }, earlier);
  const log = h("div", { class: "log", role: "log", tabindex: "0", "aria-label": "Mensajes", "aria-busy": "true" }, bones());
  const toEnd = h("button", { class: "pill to-end", type: "button", hidden: true, onclick: scrollToEnd }, icon("down"), "Mensajes nuevos");
  const box = composer({
    zone: root, templates, draft: drafts.get(id) ?? "", onDraft: (text) => drafts.set(id, text),
    onSend: (text) => follow(sending.send(text)),
    onFiles: (files, caption) => follow(sending.sendFiles(files, caption)),
    onTemplate: (template, text) => follow(sending.sendTemplate(template, text)),
  });
  root.append(top.element, h("div", { class: "log-place" }, log, toEnd), box.element);

  const isNearEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END_PX;
  log.addEventListener("scroll", () => isNearEnd() && (toEnd.hidden = true));
  let scrolledToEnd = true;
  let toAnswer = false; // the last word is the customer's
  // The keyboard or a longer draft makes the log shorter: keep the end in sight.
  const resized = new ResizeObserver(() => scrolledToEnd && scrollToEnd());
  log.addEventListener("scrollend", () => { scrolledToEnd = isNearEnd(); });
  resized.observe(log);

  async function refresh() {
    const seen = data.unread;
    const settle = sending.settleAfter();
    const answer = await api.read(`${path}?limit=${PAGE}${seen ? "&seen=1" : ""}`, data.etag);
    if (answer.status !== 304) takeNewest(answer.body);
    data.etag = answer.etag;
    settle();
    draw();
    if (!seen) return;
    data.unread = false;
    actions.seen();
  }

  /** The newest page slides over what is known; after a gap (the page slept) the older ones are dropped. */
  function takeNewest({ items, next }) {
    const ids = new Set(items.map((item) => item.id));
    const joins = data.newest?.some((item) => ids.has(item.id));
    if (joins) data.older.push(...data.newest.filter((item) => !ids.has(item.id)));
    else Object.assign(data, { older: [], next });
    data.newest = items;
  }

  /** Whether there were any. */
  async function loadOlder() {
    earlier.disabled = true;
    try {
      const { body } = await api.read(`${path}?${new URLSearchParams({ limit: PAGE, before: data.next })}`);
      const fromEnd = log.scrollHeight - log.scrollTop;
      data.older = [...body.items, ...data.older];
      data.next = body.next;
      draw();
      log.scrollTop = log.scrollHeight - fromEnd;
      return true;
    } catch (error) {
      toast(`No se pudieron traer los mensajes anteriores. ${error.message}`);
      return false;
    } finally {
      earlier.disabled = false;
    }
  }

  /** Goes to a message, also to one that is some pages back. */
  async function reveal(messageId) {
    const find = () => document.getElementById(bubbleId(messageId));
    for (let page = 0; !find() && data.next && page < MOST_PAGES_BACK; page += 1) if (!(await loadOlder())) return;
    const bubble = find();
    if (!bubble) {
      toast("Ese mensaje quedó muy atrás en la conversación.");
      return;
    }
    scrolledToEnd = false;
    bubble.scrollIntoView({ block: "center" });
    bubble.focus({ preventScroll: true });
    bubble.classList.add("found");
    bubble.addEventListener("blur", () => bubble.classList.remove("found"), { once: true });
  }

  function draw() {
    if (!data.newest) return;
    const nearEnd = isNearEnd() || log.hasAttribute("aria-busy");
    const lastBefore = log.lastElementChild;
    const remote = [...data.older, ...data.newest].map(sending.over);
    const nodes = paint([...remote, ...sending.waiting(remote)]);
    if (data.next) nodes.unshift(earlierLine);
    if (!nodes.length) nodes.push(h("div", { class: "system-line" }, "Todavía no hay mensajes."));
    reconcile(log, nodes);
    log.removeAttribute("aria-busy");
    if (nearEnd) scrollToEnd();
    else if (log.lastElementChild !== lastBefore) toEnd.hidden = false;
    toAnswer = remote.findLast((message) => message.role !== "system")?.author === "customer";
    top.render(chat(), toAnswer);
  }

  function scrollToEnd() {
    log.scrollTop = log.scrollHeight;
    scrolledToEnd = true;
    toEnd.hidden = true;
  }

  /** The message that was just written is in sight from the start; what becomes of it is told in its bubble. */
  function follow(delivery) {
    scrollToEnd();
    return delivery;
  }

  function changed() {
    data.etag = null;
    poller.now();
    actions.sent();
  }

  function refused(message, error) {
    box.give(message.content);
    toast(error.message);
    actions.sent();
  }

  function update() {
    const item = chat();
    top.render(item, toAnswer);
    // Shown here means read, but not behind another tab.
    if (item?.unread && !readOnly && !data.unread && !document.hidden) {
      data.unread = true;
      poller.now();
    }
    box.render({ readOnly, ...windowOf(item) });
  }

  const poller = poll(refresh, {
    onError(error) {
      if (data.newest) return;
      log.replaceChildren(h("div", { class: "blank" },
        h("h2", {}, error.status === 404 ? "Esa conversación no está en esta tienda" : "No se pudieron cargar los mensajes"),
        error.status !== 404 && h("p", {}, error.message),
        error.status !== 404 && h("button", { class: "button", type: "button", onclick: () => poller.now() }, "Reintentar")));
    },
  });
  update();
  top.focusWhenAlone();
  return {
    update,
    unmount() {
      sending.leave();
      box.unmount();
      poller.stop();
      resized.disconnect();
    },
  };
}

/** Whether WhatsApp lets a person write freely in this chat: {closed: reason or "", hint}. */
function windowOf(item) {
  if (!item) return { closed: "", hint: "" };
  if (!item.window_expires_at) return { closed: "Todavía no te escribió: WhatsApp sólo deja mandarle una plantilla aprobada.", hint: "" };
  const left = Date.parse(item.window_expires_at) - Date.now();
  if (left <= 0) return { closed: "Pasaron más de 24 h desde su último mensaje: WhatsApp sólo deja mandarle una plantilla aprobada.", hint: "" };
  return { closed: "", hint: [`Podés escribirle por ${span(left)} más.`, !isPaused(item) && "Si escribís, el bot se pausa en este chat."].filter(Boolean).join(" ") };
}

function bones() {
  return ["", "ours", "", "ours"].map((side) => h("div", { class: `bubble bone ${side}`, "aria-hidden": "true" }));
}
