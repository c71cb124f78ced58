import { clock } from "../format.js";
import { h } from "../html.js";
import { poll } from "../poller.js";
import { toast } from "../toast.js";
import { owner } from "../words.js";
import { chatList } from "./chat_list.js";
import { mountThread } from "./thread.js";

const PAGE = 40;
const DEFAULT_PAUSE_HOURS = 24;

export const chatsView = { mount };

/** The list and, beside it (alone on a narrow screen), the chat of the address. Returns the unmount. */
function mount(root, { api, tenant }, route) {
  const time = clock(tenant.time_zone);
  const readOnly = tenant.role === "read-only";
  const drafts = new Map();
  const known = new Map();
  const patches = new Map();
  const data = { newest: null, older: [], next: null, etag: null, error: null };
  let thread = null;

  const list = chatList({ time, onMore });
  const pane = h("section", { class: "pane", "aria-label": "Conversación" });
  const view = h("div", { class: "chats" }, list.element, pane);
  root.append(view);

  async function refresh() {
    const settled = [...patches].filter(([, patch]) => patch.settled);
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
    for (const [id, patch] of settled) if (patches.get(id) === patch) patches.delete(id);
    draw();
  }

  function draw() {
    const loaded = data.newest === null ? null : [...data.newest, ...data.older];
    const items = loaded?.map((chat) => ({ ...chat, ...patches.get(chat.id)?.fields }));
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
    const patch = { fields, settled: false };
    patches.set(id, patch);
    draw();
    try {
      await request();
      patch.settled = true;
    } catch (error) {
      if (patches.get(id) === patch) patches.delete(id);
      draw();
      toast(`${failed} ${error.message}`);
    }
    data.etag = null;
    poller.now();
  }

  const actions = {
    pause: (id) => change(id, { human_override_until: inHours(DEFAULT_PAUSE_HOURS) },
      () => api.write(`/admin/conversations/${id}/human-override`, { enabled: true }), "No se pudo pausar el bot."),
    giveBack: (id) => change(id, { human_override_until: null, needs_human_since: null, needs_human_reason: null },
      () => api.write(`/admin/conversations/${id}/human-override`, { enabled: false, answer_pending: true }),
      "No se pudo devolver al bot."),
    handoff: (id, reason) => change(id, { human_override_until: inHours(DEFAULT_PAUSE_HOURS) },
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
      thread = mountThread(pane, { api, time, id, readOnly, drafts, actions, chat: () => known.get(id) ?? null });
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
