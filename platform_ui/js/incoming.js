import { showCount } from "./favicon.js";
import { phone } from "./format.js";
import { playSound, showNotice } from "./notices.js";
import { owner, preview } from "./words.js";

const at = (time) => (time ? Date.parse(time) : 0);

/** When a chat last called for a person: the customer's word where the bot is silent, or the bot's own call. */
export function callTime(chat) {
  const wrote = owner(chat) !== "bot" && chat.last_message_direction === "in" ? at(chat.last_message_at) : 0;
  return Math.max(wrote, at(chat.needs_human_since));
}

/** The chats that call for a person since `since`; that of `reading` is in sight. */
export const callsSince = (chats, since, reading) => chats.filter((chat) => callTime(chat) > since && chat.id !== reading);

/** Tells the tab's title and icon how much is unread, and calls who asked to be called. Returns {tell, stop}. */
export function incoming({ preferences, onOpen }) {
  let since = null;

  return {
    /** What the server said last; `reading` is the chat in the address. */
    tell(chats, counts, reading) {
      const unread = counts?.unread ?? 0;
      document.title = `${unread ? `(${unread}) ` : ""}Chats · Nexus`;
      showCount(unread);
      const newest = chats.reduce((latest, chat) => Math.max(latest, callTime(chat)), since ?? 0);
      const calls = since === null ? [] : callsSince(chats, since, document.hidden ? null : reading);
      since = newest;
      if (!calls.length) return;
      if (preferences.get("sound")) playSound();
      if (!preferences.get("notice")) return;
      for (const chat of calls.slice(0, 3)) {
        showNotice({
          title: chat.display_name || phone(chat.wa_address || chat.external_user_id),
          body: preview(chat.last_message_preview), tag: chat.id, onPress: () => onOpen(chat.id),
        });
      }
    },
    stop: () => showCount(0),
  };
}
