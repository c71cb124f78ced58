import { appendPage, markerAfter, markerFor, mergePage } from "./chat_pages.js";

const NEWEST = 50;
const OLDER = 100;

/**
 * The chats that answer one question ({tab, assigned, label}), asked again and again cheaply: an ETag for the newest
 * page, and only when something changed the page in sight as well. `inSight()` is the first chat on the screen.
 * Returns {items, counts, hasMore, has, refresh, more, ask, forget}; what asks throws ApiError.
 */
export function chatFeed(api, inSight) {
  let question = {};
  let run = 0; // an answer to an older question is thrown away
  let items = null;
  let markers = [];
  let next = null;
  let etag = null;
  let counts = null;
  let loading = null;

  const path = (more) => `/admin/chats?${new URLSearchParams({ ...question, ...more })}`;

  async function refresh() {
    const mine = run;
    const { status, body, etag: tag } = await api.read(path({ limit: NEWEST }), etag);
    if (mine !== run || status === 304) return false;
    etag = tag;
    counts = body.counts ?? counts;
    const first = items === null;
    items = mergePage(items ?? [], body);
    if (first || !body.next) setEnd(body);
    await refreshInSight(mine, body);
    return true;
  }

  /** What is scrolled to is as true as the newest page. */
  async function refreshInSight(mine, newest) {
    const chat = inSight();
    if (!chat || newest.items.some(({ id }) => id === chat.id)) return;
    const marker = markerFor(markers, chat);
    if (!marker) return;
    const { body } = await api.read(path({ limit: OLDER, before: marker.cursor }));
    if (mine === run) items = mergePage(items, body, marker.at);
  }

  function setEnd(page) {
    next = page.next;
    const marker = markerAfter(page);
    if (marker) markers.push(marker);
  }

  async function loadMore() {
    const mine = run;
    const marker = markers.at(-1);
    const { body } = await api.read(path({ limit: OLDER, before: next }));
    if (mine !== run) return;
    items = mergePage(items, body, marker.at);
    setEnd(body);
  }

  function once(task) {
    const asked = task().finally(() => { if (loading === asked) loading = null; });
    return asked;
  }

  return {
    items: () => items,
    counts: () => counts,
    hasMore: () => Boolean(next),
    has: (id) => items?.some((chat) => chat.id === id) ?? false,
    /** Whether anything is another than before. */
    refresh,

    /** The next page, once however often it is asked for. */
    more() {
      if (!next) return Promise.resolve();
      return (loading ??= once(loadMore));
    },

    /** Another question: what was known of the last one goes, the counts stay until the answer. */
    ask(other) {
      run += 1;
      question = other;
      [items, markers, next, etag, loading] = [null, [], null, null, null];
    },

    /** The next question is answered in full, whatever the ETag says. */
    forget: () => { etag = null; },
  };
}

/** What was found for some words, page by page in the server's order. Returns {items, hasMore, ask, more}. */
export function searchFeed(api) {
  let run = 0;
  let asked = null;
  let items = null;
  let next = null;
  let loading = null;

  async function load() {
    const mine = run;
    const { body } = await api.read(`/admin/chats?${new URLSearchParams({ ...asked, limit: NEWEST, ...(next && { before: next }) })}`);
    if (mine !== run) return;
    items = appendPage(items ?? [], body);
    next = body.next;
  }

  function once(task) {
    const started = task().finally(() => { if (loading === started) loading = null; });
    return started;
  }

  return {
    items: () => items,
    hasMore: () => Boolean(next),
    more() {
      if (items && !next) return Promise.resolve();
      return (loading ??= once(load));
    },
    /** `question` with `q`; null ends the search. Resolves when the first results are there. */
    ask(question) {
      run += 1;
      [asked, items, next, loading] = [question, null, null, null];
      return question ? this.more() : Promise.resolve();
    },
  };
}
