import { clock } from "../format.js";
import { h } from "../html.js";
import { createPatches } from "../patches.js";
import { poll } from "../poller.js";
import { templateStore } from "../templates.js";
import { toast, toastFailure } from "../toast.js";
import { owner } from "../words.js";
import { chatList } from "./chat_list.js";
import { askForConversation } from "./new_conversation.js";
import { mountThread } from "./thread.js";

const PAGE = 40;
const DEFAULT_PAUSE_HOURS = 24;

export const chatsView = { mount };

/** The list and, beside it (alone on a narrow screen), the chat of the address. Returns the unmount. */
function mount(root, { api, tenant, me }, route) {
  const time = clock(tenant.time_zone);
  const readOnly = tenant.role === "read-only";
  const drafts = new Map();
  const known = new Map();
  const patches = createPatches();
  const templates = templateStore(api);
  const data = { newest: null, older: [], next: null, etag: null, error: null };
  let thread = null;

  const list = chatList({ time, onMore, onNew: readOnly ? null : () => askForConversation({ api, onOpen: open }) });
  const pane = h("section", { class: "pane", "aria-label": "Conversación" });
  const view = h("div", { class: "chats" }, h("h1", { class: "unseen" }, "Chats"), list.element, pane);
  root.append(view);

  async function refresh() {
    const settle = patches.settleAfter();
    const answer = await api.read(`/admin/chats?limit=${PAGE}`, data.etag);
    data.error = null;
    if (answer.status !== 304) {
      if (data.newest === null) data.next = answer.body.next;
      const ids = new Set(answer.body.items.map(({ id }) => id));
      const slidOut = (data.newest ?? []).filter(({ id }) => !ids.has(id));
      data.older = [...slidOut, ...data.older].filter(({ id }) => !ids.has(id));
      data.newest = answer.body.items;
      data.etag = answer.etag;
    }
    settle();
    draw();
  }

  function draw() {
    const loaded = data.newest === null ? null : [...data.newest, ...data.older];
    const items = loaded?.map(patches.over);
    for (const chat of items ?? []) known.set(chat.id, chat);
    // What arrives in the open chat is being read: its row counts nothing while the thread tells the server.
    const rows = items?.map((chat) => (chat.id === route.id && !readOnly ? { ...chat, unread: 0 } : chat));
    const waiting = items?.filter((chat) => owner(chat) === "waiting").length ?? 0;
    document.title = `${waiting ? `(${waiting}) ` : ""}Chats · Nexus`;
    list.render({ items: rows, selected: route.id, hasMore: Boolean(data.next), error: data.error, onRetry: poller.now });
    thread?.update();
  }

  async function onMore() {
    try {
      const { body } = await api.read(`/admin/chats?${new URLSearchParams({ limit: PAGE, before: data.next })}`);
      const have = new Set([...data.newest, ...data.older].map(({ id }) => id));
      data.older = [...data.older, ...body.items.filter(({ id }) => !have.has(id))];
      data.next = body.next;
      draw();
    } catch (error) {
      toast(`No se pudieron traer más conversaciones. ${error.message}`);
    }
  }

  /** Shows the change at once, asks for it, and takes it back with the reason if it is refused. */
  async function change(id, fields, request, failed) {
    const asked = patches.apply(id, fields, request);
    draw();
    try {
      await asked;
    } catch (error) {
      draw();
      toastFailure(failed, error);
    }
    data.etag = null;
    poller.now();
  }

  /** Goes to a chat that the list may not hold yet. */
  function open(chat) {
    known.set(chat.id, chat);
    data.etag = null;
    location.hash = `#/chats/${encodeURIComponent(chat.id)}`;
    poller.now();
  }

  const actions = {
    pause: (id) => change(id, { human_override_until: inHours(DEFAULT_PAUSE_HOURS), override_cause: "panel_pause", override_author: me, override_since: inHours(0) },
      () => api.write(`/admin/conversations/${id}/human-override`, { enabled: true }), "No se pudo pausar el bot."),
    giveBack: (id) => change(id, { human_override_until: null, needs_human_since: null, needs_human_reason: null },
      () => api.write(`/admin/conversations/${id}/human-override`, { enabled: false, answer_pending: true }),
      "No se pudo devolver al bot."),
    handoff: (id, reason) => change(id, { human_override_until: inHours(DEFAULT_PAUSE_HOURS), override_cause: "panel_handoff", override_author: me, override_since: inHours(0) },
      () => api.write(`/admin/conversations/${id}/handoff`, { reason }), "No se pudo derivar."),
    seen: () => poller.now(),
    // A person's message pauses the bot (S-086); the list shows it as soon as the server says so.
    sent() {
      data.etag = null;
      poller.now();
    },
  };

  function openThread() {
    thread?.unmount();
    thread = null;
    pane.replaceChildren();
    view.classList.toggle("has-thread", Boolean(route.id));
    if (route.id) {
      const id = route.id;
      thread = mountThread(pane, { api, me, time, id, readOnly, drafts, templates, actions, chat: () => known.get(id) ?? null });
    } else {
      pane.append(h("div", { class: "blank" }, h("h2", {}, "Elegí una conversación"),
        h("p", {}, "Las que esperan a una persona tienen un triángulo.")));
    }
    if (data.newest) draw();
  }

  function onKey(event) {
    const typing = event.target.closest?.("input, textarea, select, dialog");
    if (event.key === "/" && !typing) {
      event.preventDefault();
      list.focusSearch();
    } else if (event.key === "Escape" && route.id && !event.defaultPrevented && !event.target.closest?.("dialog, [popover]")) {
      const left = route.id;
      location.hash = "#/chats";
      list.focusRow(left);
    }
  }

  const poller = poll(refresh, {
    onError(error) {
      data.error = error;
      draw();
    },
  });
  route.onChange(openThread);
  addEventListener("keydown", onKey);
  openThread();
  draw();
  return () => {
    poller.stop();
    thread?.unmount();
    removeEventListener("keydown", onKey);
  };
}

const inHours = (hours) => new Date(Date.now() + hours * 3_600_000).toISOString();
