import { chatHref } from "./chat_row.js";

/** The keys of the chats: `/`, J, K, R, P, `?` and Esc. Returns {stop}. */
export function chatKeys({ list, route, thread }) {
  const keys = {
    "/": () => list.focusSearch(),
    j: () => step(1),
    k: () => step(-1),
    r: () => thread()?.reply(),
    p: () => thread()?.pause(),
    "?": async () => (await import("./keys_sheet.js")).showKeys(),
  };

  function step(by) {
    const id = list.neighbour(route.id, by);
    if (!id) return;
    location.hash = chatHref(id);
    list.focusRow(id);
  }

  function onKey(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = event.target;
    if (event.key === "Escape") {
      // Something open takes it first: a dialog, a popover, a picker.
      if (!route.id || at.closest?.("dialog, [popover]")) return;
      const left = route.id;
      location.hash = "#/chats";
      list.focusRow(left);
      return;
    }
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (!(key in keys) || at.closest?.("input, textarea, select, dialog, [contenteditable]")) return;
    event.preventDefault();
    keys[key]();
  }

  addEventListener("keydown", onKey);
  return { stop: () => removeEventListener("keydown", onKey) };
}
