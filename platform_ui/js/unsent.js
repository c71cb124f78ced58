import { read, write } from "./preferences.js";

const DAY_MS = 86_400_000;
const FRESH_MS = 5_000;

/**
 * What a person sent and nobody has confirmed: kept in this browser until the server answers, so that neither a
 * closed page nor a crash loses it. Its `ref` makes a second try the same row, so nothing goes twice.
 * Returns {keep, leaving, drop, of, textOf}.
 */
export function unsentStore(person, tenant, store = { read, write }) {
  const key = `nexus.unsent.${person.id ?? person.email}.${tenant.id}`;
  const behind = store.read(key); // what earlier pages left

  function change(ref, entry) {
    const { [ref]: _, ...others } = store.read(key); // another tab may have written meanwhile
    store.write(key, entry ? { ...others, [ref]: entry } : others);
  }

  /** Those of a chat that an earlier page left behind; what another tab may still be taking back is left alone. */
  function of(chat, now = Date.now()) {
    return Object.entries(store.read(key))
      .filter(([, entry]) => entry.chat === chat && now - entry.at < 7 * DAY_MS && (entry.left || now - entry.at > FRESH_MS))
      .map(([ref, entry]) => ({ ref, ...entry }));
  }

  return {
    keep: (chat, { ref, type, content, template }) => change(ref, { chat, type, content, template, at: Date.now(), left: false }),
    /** From here on the server may have it. */
    leaving(ref) {
      const entry = store.read(key)[ref];
      if (entry) change(ref, { ...entry, left: true });
    },
    drop(ref) {
      delete behind[ref];
      change(ref, null);
    },
    of,
    /** The words that an earlier page left behind in a chat. */
    textOf: (chat) => Object.values(behind).filter((entry) => entry.chat === chat).map(({ content }) => content).join(" "),
  };
}
