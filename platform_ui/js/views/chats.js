import { cannedStore } from "../canned.js";
import { chatFeed, searchFeed } from "../chat_feed.js";
import { draftStore } from "../drafts.js";
import { clock } from "../format.js";
import { h } from "../html.js";
import { hiddenPace } from "../incoming.js";
import { createPatches } from "../patches.js";
import { poll } from "../poller.js";
import { preferencesOf } from "../preferences.js";
import { team } from "../team.js";
import { templateStore } from "../templates.js";
import { toast } from "../toast.js";
import { unsentStore } from "../unsent.js";
import { chatActions } from "./chat_actions.js";
import { chatList } from "./chat_list.js";
import { chatKeys } from "./chat_keys.js";
import { chatPane } from "./chat_pane.js";
import { chatHref } from "./chat_row.js";
import { askForConversation } from "./new_conversation.js";

export const chatsView = { mount };

/** The list, the chat of the address, and what is known of the customer. Returns the unmount. */
export function mount(root, context, route) {
  const { api, tenant } = context;
  const person = context.person;
  const readOnly = !context.can("act");
  const time = clock(tenant.time_zone);
  const preferences = preferencesOf(person);
  const drafts = draftStore(person, tenant);
  const unsent = unsentStore(person, tenant);
  const canned = cannedStore(api);
  const staff = team(api);
  const templates = templateStore(api);
  const patches = createPatches();
  const known = new Map(); // every chat that was seen, as the server last told it
  const feed = chatFeed(api, () => (search ? null : list.inSight()));
  const finder = searchFeed(api);
  let search = null; // the question of a search that is on
  let listed = JSON.stringify({}); // that of the list
  let failure = null;
  let another = true;

  const chatOf = (id) => known.has(id) ? patches.over(known.get(id)) : null;
  const rowOf = (id) => {
    const chat = chatOf(id);
    // What arrives in the open chat is being read: its row counts nothing while the thread tells the server.
    return chat?.unread > 0 && id === route.id && !readOnly ? { ...chat, unread: 0 } : chat;
  };
  const list = chatList({
    api, tenant,
    facts: () => ({ time, mine: person.id, draftOf: (id) => drafts.of(id) || unsent.textOf(id) }),
    loadChoices: staff.choices,
    onAsk: ask,
    onMore: more,
    onNew: readOnly ? null : () => askForConversation({ api, onOpen: goTo }),
  });
  const pane = h("section", { class: "pane", "aria-label": "Conversación" });
  const view = h("div", { class: "chats" }, h("h1", { class: "unseen" }, "Chats"), list.element, pane);
  const actions = chatActions({ api, me: person, change, onSent: changed });
  root.append(view);
  const opened = chatPane({
    view, pane, chatOf, about: { api, tenant, person, time, readOnly, mayManage: context.can("settings"), drafts, unsent, preferences, templates, canned, staff, actions, onMoved: freshen },
  });

  async function refresh() {
    const settle = patches.settleAfter();
    const wasWrong = failure !== null;
    const isNew = await feed.refresh();
    failure = null;
    settle();
    if (isNew) {
      remember(feed.items());
      tellUnread();
    }
    await meet();
    if (isNew || wasWrong) draw();
    else tick();
    opened.prepare();
  }

  /** Nothing is another but the time. */
  function tick() {
    list.tick();
    opened.update();
  }

  function tellUnread() {
    const unread = feed.counts()?.unread ?? 0;
    document.title = `${unread ? `(${unread}) ` : ""}Chats · Nexus`;
    context.incoming?.tell(feed.items(), feed.counts(), route.id);
  }

  /** The chat of the address may be on a page that nobody has scrolled to. */
  async function meet() {
    if (!route.id || known.has(route.id)) return;
    await bring(route.id);
  }

  async function bring(id) {
    try {
      const { body } = await api.read(`/admin/chats/${encodeURIComponent(id)}`);
      known.set(body.id, body);
    } catch (error) {
      if (error.status !== 404 && error.status !== 422) throw error;
    }
  }

  /** Something happened in the open chat: where the list does not hold it, it is asked for alone. */
  async function freshen() {
    if (!route.id || feed.has(route.id)) return;
    await bring(route.id).catch(() => {}); // the next poll tells of a lost connection
    tick();
  }

  function remember(chats) {
    for (const chat of chats ?? []) known.set(chat.id, chat);
  }

  function draw() {
    const isSearch = Boolean(search);
    list.render({
      items: isSearch ? finder.items() : feed.items(), chatOf: isSearch ? hitOf : rowOf, selected: route.id, counts: feed.counts(),
      hasMore: isSearch ? finder.hasMore() : feed.hasMore(), error: failure, onRetry: retry, isSearch, another,
    });
    another = false;
    opened.update();
  }

  /** A found chat as it is now, with where the words are. */
  function hitOf(id) {
    const hit = finder.items().find((chat) => chat.id === id);
    return { ...(rowOf(id) ?? hit), match: hit.match };
  }

  async function ask({ q, ...question }) {
    another = true;
    failure = null;
    search = q ? { ...question, q } : null;
    const found = finder.ask(search);
    // A search that ends finds the list as it was left.
    const isNew = !search && JSON.stringify(question) !== listed;
    if (isNew) {
      listed = JSON.stringify(question);
      feed.ask(question);
    }
    draw();
    if (search) await settleSearch(found);
    else if (isNew) poller.now();
  }

  async function settleSearch(found) {
    const mine = search;
    try {
      await found;
      for (const { match, ...chat } of finder.items() ?? []) if (!known.has(chat.id)) known.set(chat.id, { ...chat, match: null });
    } catch (error) {
      if (mine === search) failure = error;
    }
    if (mine === search) draw();
  }

  function retry() {
    failure = null;
    if (search) settleSearch(finder.ask(search));
    else poller.now();
  }

  async function more() {
    try {
      await (search ? finder.more() : feed.more());
      remember(search ? [] : feed.items());
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
      const answer = await asked;
      if (answer?.id === id) known.set(id, answer);
    } catch (error) {
      toast(error.message.startsWith("No se pudo") ? error.message : `${failed} ${error.message}`);
    }
    changed();
    await freshen();
    draw();
  }

  function changed() {
    feed.forget();
    poller.now();
  }

  /** Goes to a chat that the list may not hold yet. */
  function goTo(chat) {
    known.set(chat.id, chat);
    location.hash = chatHref(chat.id);
    changed();
  }

  function openThread() {
    opened.open(route.id, route.query.get("mensaje"));
    if (route.id) list.reveal(route.id);
    draw();
    if (route.id && !known.has(route.id)) poller.now();
  }

  function follow() {
    if (opened.thread()?.id === route.id) opened.thread().reveal(route.query.get("mensaje"));
    else openThread();
  }

  context.incoming?.take();
  const poller = poll(refresh, {
    hiddenMs: hiddenPace(preferences),
    onError(error) {
      failure = error;
      draw();
    },
  });
  const keys = chatKeys({ list, route, thread: opened.thread });
  route.onChange(follow);
  staff.people().then(draw, () => {}); // without it people are called by their e-mail
  openThread();
  return () => {
    poller.stop();
    keys.stop();
    context.incoming?.give();
    list.stop();
    opened.stop();
  };
}
