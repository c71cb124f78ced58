import { h } from "./html.js";

const SHOWN_MS = 6000;
const place = h("div", { class: "toasts", role: "status", "aria-live": "polite" });

/** One line at the foot of the screen for a while: what happened, or why an action was undone. */
export function toast(text) {
  if (!place.isConnected) document.body.append(place);
  const line = h("p", { class: "toast" }, text);
  place.append(line);
  setTimeout(() => line.remove(), SHOWN_MS);
}
