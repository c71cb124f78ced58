import { draftWords } from "../bot_words.js";
import { h } from "../html.js";

/**
 * What the bot goes by, and how much of the draft it does not know yet. With `waitingOnly` nothing shows until there is
 * something published that is out of date. Returns {element, refresh(), after(promise)}.
 */
export function draftBar(api, { waitingOnly = false } = {}) {
  const words = h("span", {});
  const links = h("span", { class: "draft-links" },
    h("a", { class: "link", href: "#/conocimiento/probar?con=borrador" }, "Probar este borrador"),
    h("a", { class: "link", href: "#/conocimiento/versiones" }, "Ver y publicar"));
  const element = h("p", { class: "draft-bar", role: "status", hidden: true }, words, links);

  async function refresh() {
    const state = await api.read("/admin/prompt").then(({ body }) => body, () => null);
    // What cannot be known now is no news: the cards say themselves when nothing can be saved.
    if (!state) return;
    words.textContent = draftWords(state);
    element.classList.toggle("waiting", state.changes > 0);
    links.hidden = state.changes === 0;
    element.hidden = waitingOnly && !(state.published && state.changes);
  }

  /** The value of a save, with the bar told that something changed. */
  async function after(saving) {
    const saved = await saving;
    refresh();
    return saved;
  }

  refresh();
  return { element, refresh, after };
}
