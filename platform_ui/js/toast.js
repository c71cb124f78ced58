import { h } from "./html.js";

const SHOWN_MS = 6000;
const UNDO_MS = 5000;
const place = h("div", { class: "toasts", role: "status", "aria-live": "polite" });

/** One line at the foot of the screen for a while: what happened, or why an action was undone. */
export function toast(text) {
  const line = show(h("p", { class: "toast" }, text));
  setTimeout(() => line.remove(), SHOWN_MS);
}

/** That something could not be done and why, once: some reasons say it themselves. */
export const toastFailure = (failed, error) => toast(error.message.startsWith("No se pudo") ? error.message : `${failed} ${error.message}`);

/**
 * Says what is about to happen and leaves 5 s to take it back; then `act` runs, else `undo`.
 * Returns a function that runs `act` at once if it is still waiting.
 */
export function undoable(text, { act, undo }) {
  const timer = setTimeout(end, UNDO_MS, act);
  const line = show(h("p", { class: "toast" }, text, " ", h("button", { type: "button", onclick: () => end(undo) }, "Deshacer")));
  let open = true;

  function end(how) {
    if (!open) return;
    open = false;
    clearTimeout(timer);
    line.remove();
    how();
  }

  return () => end(act);
}

function show(line) {
  if (!place.isConnected) document.body.append(place);
  place.append(line);
  return line;
}
