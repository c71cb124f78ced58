import { h } from "../html.js";
import { failed } from "./states.js";

let parts = null;

/** The open chat comes when the first one is opened, or when the browser has nothing else to do. */
function loadParts() {
  parts ??= Promise.all([import("./thread.js"), import("./context_panel.js")]).catch((error) => {
    parts = null;
    throw error;
  });
  return parts;
}

/**
 * The place of the open chat and, beside it, of what is known of the customer. `about` goes to both; `chatOf(id)` is
 * the chat item. Returns {open, update, thread, prepare, stop}.
 */
export function chatPane({ view, pane, about, chatOf }) {
  let id = null;
  let thread = null;
  let side = null;
  let idle = null;

  async function open(wanted, hit) {
    thread?.unmount();
    thread = null;
    id = wanted;
    pane.replaceChildren();
    view.classList.toggle("has-thread", Boolean(id));
    if (!id) {
      side?.open(null);
      pane.append(h("div", { class: "blank" }, h("h2", {}, "Elegí una conversación"),
        h("p", {}, "Las que esperan a una persona tienen un triángulo."),
        h("p", {}, "Con ", h("kbd", {}, "?"), " ves los atajos del teclado.")));
      return;
    }
    try {
      const [{ mountThread }, { contextPanel }] = await loadParts();
      if (id === wanted && view.isConnected && !thread) show(mountThread, contextPanel, hit);
    } catch {
      if (id === wanted) pane.replaceChildren(failed({ message: "No llegó una parte del panel. Revisá tu internet y probá de nuevo." }, () => open(wanted, hit)));
    }
  }

  function show(mountThread, contextPanel, hit) {
    if (!side) {
      side = contextPanel({ ...about, onClose: () => pane.querySelector(".top-info")?.focus() });
      view.append(side.element);
    }
    const shown = id;
    side.open(shown);
    pane.replaceChildren();
    thread = mountThread(pane, { ...about, id: shown, hit, chat: () => chatOf(shown), onInfo: side.toggle });
    side.update(chatOf(shown));
  }

  return {
    open,
    update() {
      thread?.update();
      side?.update(chatOf(id));
    },
    thread: () => thread,
    /** The list stands: what a first press will need may come. */
    prepare() {
      if (idle === null && !parts && "requestIdleCallback" in window) idle = requestIdleCallback(() => loadParts().catch(() => {}));
    },
    stop() {
      if (idle !== null) cancelIdleCallback(idle);
      thread?.unmount();
      side?.stop();
    },
  };
}
