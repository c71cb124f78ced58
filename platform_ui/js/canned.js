// Canned replies: what `/` offers, and how its blanks are filled. No elements here.

const ASKED = /^\/([\p{L}\p{N}_-]*)$/u;
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase("es-AR");

/** What is looked for when the box holds nothing but `/…`; null when no reply is asked for. */
export const askedFor = (text) => ASKED.exec(text)?.[1] ?? null;

/** Those that fit, by shortcut first and then by any of their words. */
export function fitting(replies, asked) {
  const word = plain(asked);
  const begins = replies.filter(({ shortcut }) => plain(shortcut).startsWith(word));
  const holds = replies.filter((reply) => !begins.includes(reply) && plain(`${reply.shortcut} ${reply.text}`).includes(word));
  return [...begins, ...holds];
}

/** The blanks' words: her first name, the shop, who writes. */
export function blanksOf({ chat, tenant, person }) {
  const name = chat?.display_name ?? "";
  // Who has no name of her own is called by her number: nobody is greeted with that.
  const first = /^[+\d]/.test(name) ? "" : name.trim().split(/\s+/)[0];
  return { nombre: first, tienda: tenant.store_name, yo: person.name || "" };
}

/** The text with its blanks filled; one that nobody knows goes without leaving a hole. */
export function filledReply(text, blanks) {
  return text
    .replace(/( ?)\{(\w+)\}/g, (whole, space, name) => (name in blanks ? (blanks[name] ? space + blanks[name] : "") : whole))
    .trim();
}

/** The shop's replies, read once and again after `forget`. */
export function cannedStore(api) {
  let known = null;
  return {
    async load() {
      known ??= api.read("/admin/canned-replies").then(({ body }) => body.items);
      try {
        return await known;
      } catch (error) {
        known = null;
        throw error;
      }
    },
    forget: () => { known = null; },
  };
}
