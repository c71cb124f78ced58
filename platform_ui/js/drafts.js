import { read, write } from "./preferences.js";

const MOST = 200;

/**
 * What was begun to be written in each chat of a shop, for one person in this browser; it survives the page.
 * Returns {of, set, onChange}.
 */
export function draftStore(person, tenant, store = { read, write }) {
  const key = `nexus.drafts.${person.id ?? person.email}.${tenant.id}`;
  let texts = store.read(key);
  return {
    of: (id) => texts[id] ?? "",
    /** The newest drafts are kept, the oldest of very many go. */
    set(id, text) {
      if ((texts[id] ?? "") === text) return;
      // Another tab may have written meanwhile.
      const { [id]: _, ...others } = store.read(key);
      texts = text ? { ...others, [id]: text } : others;
      const ids = Object.keys(texts);
      for (const old of ids.slice(0, Math.max(0, ids.length - MOST))) delete texts[old];
      store.write(key, texts);
    },
  };
}
