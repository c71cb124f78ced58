import { showCount } from "./favicon.js";
import { phone } from "./format.js";
import { playSound, showNotice } from "./notices.js";
import { poll } from "./poller.js";
import { preferencesOf } from "./preferences.js";
import { owner, preview } from "./words.js";

const EVERY_MS = 15_000;
const LOOKED_AT = 10;

const at = (time) => (time ? Date.parse(time) : 0);

/** When a chat last called for a person: the customer's word where the bot is silent, or the bot's own call. */
export function callTime(chat) {
  const wrote = owner(chat) !== "bot" && chat.last_message_direction === "in" ? at(chat.last_message_at) : 0;
  return Math.max(wrote, at(chat.needs_human_since));
}

/** The chats that call for a person since `since`; that of `reading` is in sight. */
export const callsSince = (chats, since, reading) => chats.filter((chat) => callTime(chat) > since && chat.id !== reading);

/** How often to look while nobody can see the page: never, unless somebody wants to be called. */
export const hiddenPace = (preferences) => () => (preferences.get("notice") || preferences.get("sound") ? EVERY_MS : null);

/**
 * What is unread and who calls, in every view: on the tab's icon, to `onCount`, and by notice and sound for who chose
 * so. It asks by itself now and then, unless the list of chats is open, which asks more often and tells it.
 * Returns {tell, take, give, stop}.
 */
export function watchIncoming({ api, person, onCount, onOpen }) {
  const preferences = preferencesOf(person);
  let since = null;
  let etag = null;
  let poller = null;
  let stopped = false;

  /** What the server said last; `reading` is the chat in the address. */
  function tell(chats, counts, reading = null) {
    const unread = counts?.unread ?? 0;
    showCount(unread);
    onCount(unread);
    const calls = since === null ? [] : callsSince(chats, since, document.hidden ? null : reading);
    since = chats.reduce((latest, chat) => Math.max(latest, callTime(chat)), since ?? 0);
    if (!calls.length) return;
    if (preferences.get("sound")) playSound();
    if (!preferences.get("notice")) return;
    for (const chat of calls.slice(0, 3)) {
      showNotice({
        title: chat.display_name || phone(chat.wa_address || chat.external_user_id),
        body: preview(chat.last_message_preview), tag: chat.id, onPress: () => onOpen(chat.id),
      });
    }
  }

  async function ask() {
    const answer = await api.read(`/admin/chats?limit=${LOOKED_AT}`, etag);
    etag = answer.etag;
    if (answer.status !== 304) tell(answer.body.items, answer.body.counts);
  }

  function rest() {
    poller?.stop();
    poller = null;
  }

  function give() {
    if (!stopped) poller ??= poll(ask, { everyMs: EVERY_MS, hiddenMs: hiddenPace(preferences) });
  }

  return {
    tell,
    /** The list of chats asks from here on, until it gives this back. */
    take: rest,
    give,
    /** For good: a list that closes afterwards gives nothing back. */
    stop() {
      stopped = true;
      rest();
      showCount(0);
    },
  };
}
