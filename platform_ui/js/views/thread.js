import { newRef } from "../api.js";
import { span } from "../format.js";
import { h, icon, reconcile } from "../html.js";
import { poll } from "../poller.js";
import { toast } from "../toast.js";
import { isPaused } from "../words.js";
import { composer } from "./composer.js";
import { messagePainter } from "./message.js";
import { threadTop } from "./thread_top.js";

const PAGE = 50;
const NEAR_END_PX = 64;

/** One conversation: head, messages, composer. Returns {update, unmount}; `update` when the chat item changed. */
export function mountThread(root, { api, time, id, readOnly, drafts, actions, chat }) {
  // `unread`: the chat has messages that nobody has seen; the next question says that now somebody does.
  const data = { newest: null, older: [], next: null, etag: null, local: [], unread: !readOnly };
  const path = `/admin/chats/${encodeURIComponent(id)}/messages`;
  const paint = messagePainter({ time, fileUrl: api.fileUrl, onRetry: deliver });
  const top = threadTop({ time, readOnly, actions });
  const earlier = h("button", { class: "button plain", type: "button", onclick: loadOlder }, "Ver mensajes anteriores");
  const earlierLine = h("li", { class: "earlier" }, earlier);
  const log = h("ol", { class: "log", role: "log", tabindex: "0", "aria-label": "Mensajes", "aria-busy": "true" }, bones());
  const toEnd = h("button", { class: "pill to-end", type: "button", hidden: true, onclick: scrollToEnd }, icon("down"), "Mensajes nuevos");
  const box = composer({ draft: drafts.get(id) ?? "", onDraft: (text) => drafts.set(id, text), onSend: send });
  root.append(top.element, h("div", { class: "log-place" }, log, toEnd), box.element);

  const isNearEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END_PX;
  log.addEventListener("scroll", () => isNearEnd() && (toEnd.hidden = true));
  let scrolledToEnd = true;
  // The keyboard or a longer draft makes the log shorter: keep the end in sight.
  const resized = new ResizeObserver(() => scrolledToEnd && scrollToEnd());
  log.addEventListener("scrollend", () => { scrolledToEnd = isNearEnd(); });
  resized.observe(log);

  async function refresh() {
    const seen = data.unread;
    const answer = await api.read(`${path}?limit=${PAGE}${seen ? "&seen=1" : ""}`, data.etag);
    if (answer.status !== 304) takeNewest(answer.body);
    data.etag = answer.etag;
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

  async function loadOlder() {
    earlier.disabled = true;
    try {
      const { body } = await api.read(`${path}?${new URLSearchParams({ limit: PAGE, before: data.next })}`);
      const fromEnd = log.scrollHeight - log.scrollTop;
      data.older = [...body.items, ...data.older];
      data.next = body.next;
      draw();
      log.scrollTop = log.scrollHeight - fromEnd;
    } catch (error) {
      toast(`No se pudieron traer los mensajes anteriores. ${error.message}`);
    }
    earlier.disabled = false;
  }

  function draw() {
    if (!data.newest) return;
    const nearEnd = isNearEnd() || log.hasAttribute("aria-busy");
    const lastBefore = log.lastElementChild;
    const remote = [...data.older, ...data.newest];
    data.local = data.local.filter((message) => !remote.some((item) => isSame(item, message)));
    const nodes = paint([...remote, ...data.local]);
    if (data.next) nodes.unshift(earlierLine);
    if (!nodes.length) nodes.push(h("li", { class: "system-line" }, "Todavía no hay mensajes."));
    reconcile(log, nodes);
    log.removeAttribute("aria-busy");
    if (nearEnd) scrollToEnd();
    else if (log.lastElementChild !== lastBefore) toEnd.hidden = false;
  }

  // Until the POST answers, its row may already be in the list: the same words by a person, not there when sent.
  const isSame = (item, message) => (message.id ? item.id === message.id
    : message.inFlight && item.author === "human" && item.content === message.content && !message.seen.has(item.id));

  function scrollToEnd() {
    log.scrollTop = log.scrollHeight;
    scrolledToEnd = true;
    toEnd.hidden = true;
  }

  function send(text) {
    const message = {
      ref: newRef(), role: "human_supervisor", author: "human", type: "text", content: text, created_at: new Date().toISOString(),
      seen: new Set((data.newest ?? []).map((item) => item.id)),
    };
    data.local.push(message);
    deliver(message);
    scrollToEnd();
  }

  /** Sends or sends again: the same client_ref is the same row, so a repeat cannot become a second message. */
  async function deliver(message) {
    Object.assign(message, { status: "pending", trouble: "", inFlight: true });
    draw();
    try {
      const { id: messageId, status } = await api.write("/admin/messages/send", {
        conversation_id: id, text: message.content, client_ref: message.ref,
      });
      Object.assign(message, { id: messageId, status });
      data.etag = null;
      poller.now();
      actions.sent();
    } catch (error) {
      if (error.code === "window_closed") {
        data.local = data.local.filter((other) => other !== message);
        box.give(message.content);
        toast(error.message);
      } else Object.assign(message, { status: "failed", trouble: error.message, retry: true });
    }
    message.inFlight = false;
    draw();
  }

  function update() {
    const item = chat();
    top.render(item, id);
    // Shown here means read, but not behind another tab.
    if (item?.unread && !readOnly && !data.unread && !document.hidden) {
      data.unread = true;
      poller.now();
    }
    const left = item?.window_expires_at ? Date.parse(item.window_expires_at) - Date.now() : null;
    box.render({
      readOnly,
      closed: left !== null && left <= 0
        ? "Pasaron más de 24 h desde su último mensaje: WhatsApp no deja escribirle hasta que te vuelva a escribir." : "",
      hint: [left !== null && `Podés escribirle por ${span(left)} más.`, item && !isPaused(item) && "Si escribís, el bot se pausa en este chat."].filter(Boolean).join(" "),
    });
  }

  const poller = poll(refresh, {
    onError(error) {
      if (data.newest) return;
      log.replaceChildren(h("li", { class: "blank" },
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
      poller.stop();
      resized.disconnect();
    },
  };
}

function bones() {
  return ["", "ours", "", "ours"].map((side) => h("li", { class: `bubble bone ${side}`, "aria-hidden": "true" }));
}
