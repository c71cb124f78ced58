import { h, icon } from "../html.js";
import { toast } from "../toast.js";

/** A button that copies `text`; `name` says what it copies. */
export function copyButton(text, name) {
  return h("button", { class: "icon-button copy", type: "button", "aria-label": name, title: name, onclick: copy }, icon("copy"));

  async function copy() {
    try {
      // Without https the browser offers no clipboard.
      await navigator.clipboard.writeText(text);
      toast("Copiado.");
    } catch {
      toast(`No se pudo copiar solo. Es: ${text}`);
    }
  }
}
