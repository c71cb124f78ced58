import { h, icon, reconcile } from "../html.js";
import { outgoing } from "../outgoing.js";
import { poll } from "../poller.js";
import { threadPages } from "../thread_pages.js";
import { toast } from "../toast.js";
import { isPaused, windowLeft } from "../words.js";
import { composer } from "./composer.js";
import { bubbleId, messagePainter } from "./message.js";
import { threadTop } from "./thread_top.js";

const PAGE = 50;
const NEAR_END_PX = 64;
const NEAR_TOP_PX = 120;

/**
 * One conversation: head, messages, composer. `hit` is the message to open it at. Returns {id, update, reveal, reply,
 * pause, unmount}; `update` when the chat item changed.
 */
export function mountThread(root, { api, tenant, person, time, id, readOnly, hit, drafts, unsent, preferences, templates, canned, staff, actions, chat, onInfo, onMoved }) {
  // `unread`: the chat has messages that nobody has seen; the next question says that now somebody does.
  const data = { etag: null, unread: !readOnly, day: null };
  const pages = threadPages();
  const path = `/admin/chats/${encodeURIComponent(id)}/messages`;
  const sending = outgoing({ api, conversationId: id, known: () => pages.newest() ?? [], unsent, onChange: draw, onDone: changed, onBack: giveBack });
  const paint = messagePainter({ time, fileUrl: api.fileUrl, actions: { ...(readOnly ? {} : sending.actions), reveal, why } });
  const top = threadTop({ time, me: person, readOnly, nameOf: staff.nameOf, actions, pending: () => lastWords(), onInfo });
  const earlier = h("button", { class: "button plain", type: "button", onclick: loadOlder }, "Ver mensajes anteriores");
  const earlierLine = h("div", { class: "earlier" }, earlier);
  const later = h("button", { class: "button plain", type: "button", onclick: loadLater }, "Ver mensajes posteriores");
  const laterLine = h("div", { class: "earlier" }, later);
  const log = h("div", { class: "log", role: "log", tabindex: "0", "aria-label": "Mensajes", "aria-busy": "true" }, bones());
  const toEnd = h("button", { class: "pill to-end", type: "button", hidden: true, onclick: goToEnd }, icon("down"), h("span", {}, "Mensajes nuevos"));
  const box = composer({
    zone: root, templates, canned, preferences, draft: drafts.of(id), onDraft: (text) => drafts.set(id, text),
    blanks: () => ({ chat: chat(), tenant, person }),
    onSend: (text) => follow(() => sending.send(text)),
    onFiles: (files, caption) => follow(() => sending.sendFiles(files, caption)),
    onTemplate: (template, text) => follow(() => sending.sendTemplate(template, text)),
  });
  root.append(top.element, h("div", { class: "log-place" }, log, toEnd), box.element);

  const isNearEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END_PX;
  let scrolledToEnd = true;
  let loading = false;
  let drawn = [];
  let proposal = null;
  // The keyboard or a longer draft makes the log shorter: keep the end in sight.
  const resized = new ResizeObserver(() => scrolledToEnd && scrollToEnd());
  log.addEventListener("scroll", () => {
    if (isNearEnd() && !pages.isPast()) toEnd.hidden = true;
    if (log.scrollTop < NEAR_TOP_PX && pages.newest() && pages.before() && !loading && log.scrollHeight > log.clientHeight) loadOlder();
  }, { passive: true });
  log.addEventListener("scrollend", () => { scrolledToEnd = isNearEnd() && !pages.isPast(); });
  resized.observe(log);

  async function refresh() {
    const seen = data.unread;
    const settle = sending.settleAfter();
    const answer = await api.read(`${path}?limit=${PAGE}${seen ? "&seen=1" : ""}`, data.etag);
    const isFirst = !pages.newest();
    if (answer.status !== 304) pages.takeNewest(answer.body);
    data.etag = answer.etag;
    const isSettled = settle();
    // A quiet chat is left alone, but at midnight "Hoy" becomes "Ayer".
    const today = time.dayKey(Date.now());
    if (answer.status !== 304 || isSettled || today !== data.day) draw();
    data.day = today;
    if (answer.status !== 304 && !isFirst) onMoved();
    if (hit) {
      const wanted = hit;
      hit = null;
      await reveal(wanted);
    }
    if (!seen) return;
    data.unread = false;
    actions.seen();
  }

  function loadOlder() {
    return load({ before: pages.before() }, earlier, "anteriores", (page) => {
      const fromEnd = log.scrollHeight - log.scrollTop;
      pages.takeOlder(page);
      draw();
      log.scrollTop = log.scrollHeight - fromEnd;
    });
  }

  function loadLater() {
    return load({ after: pages.after() }, later, "posteriores", (page) => {
      pages.takeLater(page);
      draw();
    });
  }

  async function load(asked, button, which, take) {
    loading = true;
    button.disabled = true;
    try {
      take((await api.read(`${path}?${new URLSearchParams({ limit: PAGE, ...asked })}`)).body);
    } catch (error) {
      toast(`No se pudieron traer los mensajes ${which}. ${error.message}`);
    } finally {
      loading = false;
      button.disabled = false;
    }
  }

  /** Goes to a message, wherever in the conversation it is. */
  async function reveal(messageId) {
    if (!messageId) return;
    const find = () => document.getElementById(bubbleId(messageId));
    if (!find()) {
      await load({ around: messageId }, earlier, "de ese momento", (page) => {
        pages.takeAround(page);
        draw();
      });
    }
    const bubble = find();
    if (!bubble) return;
    scrolledToEnd = false;
    bubble.scrollIntoView({ block: "center" });
    bubble.focus({ preventScroll: true });
    bubble.classList.add("found");
    bubble.addEventListener("blur", () => bubble.classList.remove("found"), { once: true });
  }

  function draw() {
    if (!pages.newest()) return;
    const isPast = pages.isPast();
    const nearEnd = !isPast && (isNearEnd() || log.hasAttribute("aria-busy"));
    const lastBefore = log.lastElementChild;
    const remote = pages.shown().map(sending.over);
    drawn = isPast ? remote : [...remote, ...sending.waiting(remote)];
    const nodes = paint(drawn);
    if (pages.before()) nodes.unshift(earlierLine);
    if (isPast) nodes.push(laterLine);
    if (!nodes.length) nodes.push(h("div", { class: "system-line" }, "Todavía no hay mensajes."));
    reconcile(log, nodes);
    log.removeAttribute("aria-busy");
    if (nearEnd) scrollToEnd();
    else if (isPast || log.lastElementChild !== lastBefore) showToEnd(isPast ? "Ir al final" : "Mensajes nuevos");
    top.render(chat(), lastWords() !== null);
  }

  /** What the customer said last, when nobody has answered it. */
  function lastWords() {
    const last = (pages.newest() ?? []).findLast((message) => message.role !== "system");
    return last?.author === "customer" ? last.content || "…" : null;
  }

  function showToEnd(words) {
    toEnd.lastElementChild.textContent = words;
    toEnd.hidden = false;
  }

  function goToEnd() {
    pages.toEnd();
    draw();
    scrollToEnd();
  }

  function scrollToEnd() {
    log.scrollTop = log.scrollHeight;
    scrolledToEnd = true;
    toEnd.hidden = true;
  }

  /** The message that was just written is in sight from the start; what becomes of it is told in its bubble. */
  function follow(send) {
    pages.toEnd();
    send();
    scrollToEnd();
  }

  function changed() {
    data.etag = null;
    poller.now();
    actions.sent();
  }

  function giveBack(messages, error = null) {
    box.give(messages);
    if (!error) return;
    toast(error.message);
    actions.sent();
  }

  async function why(message) {
    (await import("./why_dialog.js")).showWhy({ api, time, burstId: message.burst_id });
  }

  /** In shadow mode the bot proposes and a person sends; only chats that wait for one can have a proposal. */
  async function lookForDraft(item) {
    if (readOnly || !(item?.needs_human_since || proposal)) return;
    proposal ??= import("./reply_draft.js").then(({ replyDraft }) => replyDraft({ api, id, place: box.element, why, onDone: changed }));
    (await proposal).look(item);
  }

  function update() {
    const item = chat();
    top.render(item, lastWords() !== null);
    lookForDraft(item);
    // Shown here means read, but not behind another tab.
    if (item?.unread && !readOnly && !data.unread && !document.hidden) {
      data.unread = true;
      poller.now();
    }
    box.render({ readOnly, ...windowOf(item) });
  }

  const poller = poll(refresh, {
    onError(error) {
      if (pages.newest()) return;
      log.replaceChildren(h("div", { class: "blank" },
        h("h2", {}, error.status === 404 ? "Esa conversación no está en esta tienda" : "No se pudieron cargar los mensajes"),
        error.status !== 404 && h("p", {}, error.message),
        error.status !== 404 && h("button", { class: "button", type: "button", onclick: () => poller.now() }, "Reintentar")));
    },
  });
  update();
  top.focusWhenAlone();
  return {
    id,
    update,
    reveal,
    reply: () => box.focus(),
    pause: () => top.pause(),
    unmount() {
      sending.leave();
      proposal?.then((part) => part.unmount());
      box.unmount();
      poller.stop();
      resized.disconnect();
    },
  };
}

const SOON_MS = 3_600_000;

/** Whether WhatsApp lets a person write freely in this chat: {closed: reason or "", hint}. */
function windowOf(item) {
  if (!item) return { closed: "", hint: "" };
  if (!item.window_expires_at) return { closed: "Todavía no te escribió: WhatsApp sólo deja mandarle una plantilla aprobada.", hint: "" };
  const { open, left } = windowLeft(item);
  if (!open) return { closed: "Pasaron más de 24 h desde su último mensaje: WhatsApp sólo deja mandarle una plantilla aprobada.", hint: "" };
  const isSoon = Date.parse(item.window_expires_at) - Date.now() < SOON_MS;
  return { closed: "", hint: [isSoon && `Podés escribirle por ${left} más.`, !isPaused(item) && "Si escribís, el bot se pausa en este chat."].filter(Boolean).join(" ") };
}

const bones = () => ["", "ours", "", "ours"].map((side) => h("div", { class: `bubble bone ${side}`, "aria-hidden": "true" }));
