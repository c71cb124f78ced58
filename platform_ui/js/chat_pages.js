// The chats of one question, as its pages flow in: pure, so that 10 000 of them can be tested without a screen.

const times = new WeakMap();

/** When a chat last said anything, as a number; a chat without a message stands last. */
function timeOf(chat) {
  if (!times.has(chat)) times.set(chat, chat.last_message_at ? Date.parse(chat.last_message_at) : -Infinity);
  return times.get(chat);
}

const byTime = (one, other) => {
  const [a, b] = [timeOf(one), timeOf(other)];
  if (a !== b) return a < b ? 1 : -1;
  return one.id < other.id ? -1 : 1;
};

/**
 * Puts a page {items, next} of the server into `known` (newest first). `since` is the time of the chat that the page
 * was asked to follow, Infinity for the newest. What lies in the page's span and is not in it no longer belongs to
 * the question; what lies beyond it stays as it was known.
 */
export function mergePage(known, { items, next }, since = Infinity) {
  const ids = new Set(items.map(({ id }) => id));
  const until = next && items.length ? timeOf(items.at(-1)) : null;
  const stays = known.filter((chat) => {
    if (ids.has(chat.id)) return false;
    const at = timeOf(chat);
    // Two chats of one instant may stand on either side of the page's edge.
    return at >= since || (until !== null && at <= until);
  });
  return [...stays, ...items].sort(byTime);
}

/** A page of search results after those that are known: the server's order, each chat once. */
export function appendPage(known, { items }) {
  const ids = new Set(known.map(({ id }) => id));
  return [...known, ...items.filter(({ id }) => !ids.has(id))];
}

/** The place of the marker from which to ask anew for what is in sight at `chat`: the last one that is newer. */
export function markerFor(markers, chat) {
  const at = timeOf(chat);
  return markers.findLast((marker) => marker.at > at) ?? null;
}

/** The marker of the page that follows this one; null on the last. */
export const markerAfter = ({ items, next }) => (next && items.length ? { cursor: next, at: timeOf(items.at(-1)) } : null);

/**
 * The order to show `wanted` in while nothing may move (`held`: the list is scrolled or under the pointer): rows keep
 * their places, also those that no longer belong, and what is older follows. Returns {order, fresh}: `fresh` chats
 * wait to be shown higher up.
 */
export function settledOrder(order, wanted, held, newerThan) {
  const ids = wanted.map(({ id }) => id);
  if (!held || !order.length) return { order: ids, fresh: 0 };
  const had = new Set(order);
  const oldestShown = ids.findLastIndex((id) => had.has(id));
  const fresh = wanted.filter((chat, index) => timeOf(chat) > newerThan && (index <= oldestShown || oldestShown < 0)).length;
  return { order: [...order, ...ids.slice(oldestShown + 1).filter((id) => !had.has(id))], fresh };
}

/** The time of the newest of them. */
export const newestTime = (chats) => chats.reduce((newest, chat) => Math.max(newest, timeOf(chat)), -Infinity);

/** The rows of a list that have to exist: those in sight and `spare` on both sides. {from, to}, `to` exclusive. */
export function rowsInSight(scrollTop, height, rowHeight, count, spare) {
  const from = Math.max(0, Math.floor(scrollTop / rowHeight) - spare);
  const to = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + spare);
  return { from: Math.min(from, to), to };
}
