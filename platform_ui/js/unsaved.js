// What was written and not saved yet: a form says so by an attribute, and nobody leaves it without being asked.

import { confirmWith } from "./views/confirm.js";

const MARK = "data-unsaved";

/** Notes whether this form holds something unsaved. */
export const markUnsaved = (form, is) => form.toggleAttribute(MARK, is);

/** Whether any form on the page does. */
export const anyUnsaved = () => document.querySelector(`[${MARK}]`) !== null;

/** True when nothing would be lost; else a promise of whether the person lets it go. */
export function mayLeave() {
  if (!anyUnsaved()) return true;
  return confirmWith({
    title: "Hay cambios sin guardar",
    text: "Si te vas ahora, lo que escribiste se pierde.",
    action: "Irme sin guardar",
    danger: true,
  });
}

/** The browser asks, too, before the page closes. Returns how to stop. */
export function guardClosing() {
  const ask = (event) => { if (anyUnsaved()) event.preventDefault(); };
  addEventListener("beforeunload", ask);
  return () => removeEventListener("beforeunload", ask);
}
