import { newestTime, settledOrder } from "../chat_pages.js";
import { h, icon, put } from "../html.js";
import { chatRows } from "./chat_rows.js";
import { firstChat } from "./first_chat.js";
import { listFilters } from "./list_filters.js";

const TYPING_MS = 250;
// A finger leaves a hover behind that nobody means.
const POINTS = matchMedia("(hover: hover)");

/**
 * The list of chats. `onAsk(question)` wants other chats ({tab, assigned, label, q}), `onMore` older ones; `onNew` is
 * null for who may not begin one. Returns {element, render, tick, inSight, focusSearch, focusRow, neighbour}.
 */
export function chatList({ api, tenant, facts, loadChoices, onAsk, onMore, onNew }) {
  let order = [];
  let newest = -Infinity;
  let last = null;
  let typing = null;

  const search = h("input", { class: "input search-input", type: "search", placeholder: "Buscar", "aria-label": "Buscar en nombres, números y mensajes", autocomplete: "off", enterkeyhint: "search", maxlength: "100" });
  const filters = listFilters({ mine: facts().mine, load: loadChoices, onChange: () => onAsk(question()) });
  const found = h("p", { class: "list-found", role: "status" });
  const fresh = h("button", { class: "pill fresh", type: "button", hidden: true, onclick: goUp });
  const rows = chatRows({ facts, onNearEnd: () => last?.hasMore && onMore(), onScroll: () => isHeld() || settle() });
  const blank = h("div", { class: "list-blank" }, bones());
  const body = h("div", { class: "list-body" }, rows.scroll, blank, fresh);
  const element = h("aside", { class: "list", "aria-label": "Conversaciones", "aria-busy": "true" },
    h("div", { class: "list-top" },
      h("div", { class: "list-find" },
        h("label", { class: "search" }, icon("search"), search, h("kbd", { "aria-hidden": "true" }, "/")),
        filters.opener,
        onNew && h("button", { class: "icon-button", type: "button", "aria-label": "Nueva conversación", title: "Nueva conversación", onclick: onNew }, icon("plus"))),
      filters.tabs, filters.panel, found),
    body);

  search.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => onAsk(question()), TYPING_MS);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && search.value) {
      event.preventDefault(); // one step back, not out of the chat
      clearTimeout(typing);
      search.value = "";
      onAsk(question());
    }
    if (event.key === "ArrowDown" && order.length) {
      event.preventDefault();
      rows.focus(order[0]);
    }
  });
  body.addEventListener("pointerleave", settle);

  /** Whether somebody is looking at particular rows: they keep their places, also on the way to the pill. */
  const isHeld = () => rows.top() > 8 || (POINTS.matches && body.matches(":hover"));
  const words = () => search.value.trim();
  const question = () => ({ ...filters.question(), ...(words().length > 1 && { q: words() }) });

  function goUp() {
    rows.goUp();
    show({ settle: true });
    rows.focus(order[0]);
  }

  function settle() {
    if (last?.items) show({ settle: true });
  }

  function show({ settle: mayMove = false } = {}) {
    const { items, chatOf, selected, counts, hasMore, error, onRetry, isSearch, another } = last;
    filters.counts(counts);
    if (another) {
      order = [];
      rows.goUp();
    }
    if (!items) {
      order = [];
      rows.render({ ids: [], chatOf, selected });
      cover(error ? trouble(error, onRetry) : bones(), error ? "trouble" : "bones");
      fresh.hidden = true;
      put(found, "");
      return;
    }
    element.removeAttribute("aria-busy");
    const held = !isSearch && !mayMove && isHeld();
    const settled = settledOrder(order, items, held, newest);
    order = settled.order;
    if (!held) newest = newestTime(items);
    fresh.hidden = !settled.fresh;
    put(fresh, settled.fresh === 1 ? "1 nuevo" : `${settled.fresh} nuevos`);
    rows.render({ ids: order, chatOf, selected });
    put(found, isSearch && items.length ? `${items.length}${hasMore ? "+" : ""} ${items.length === 1 ? "conversación" : "conversaciones"} con “${words()}”` : "");
    if (order.length) cover(null, "");
    else cover(emptiness(isSearch), `${isSearch ? words() : ""} ${JSON.stringify(filters.question())}`);
  }

  /** What lies over the list while there are no rows; drawn once for each reason. */
  function cover(node, reason) {
    blank.hidden = !node;
    if (!node || blank.dataset.reason === reason) return;
    blank.dataset.reason = reason;
    blank.replaceChildren(node);
  }

  function emptiness(isSearch) {
    if (isSearch) return blankOf("Sin resultados", `Ninguna conversación tiene “${words()}”, ni en el nombre ni en los mensajes.`);
    if (filters.isNarrow()) return blankOf("Ninguna conversación con ese filtro", "Probá con otra persona u otra etiqueta.");
    const { tab } = filters.question();
    if (tab === "unread") return blankOf("Todo leído", "Lo que llegue aparece acá.");
    if (tab === "human") return blankOf("Nadie espera a una persona", "El bot se está ocupando de todo.");
    if (tab === "bot") return blankOf("El bot no atiende ninguna", "Las que le devuelvas aparecen acá.");
    return firstChat({ api, tenant });
  }

  return {
    element,
    /** {items (null: not there yet), chatOf, selected, counts, hasMore, error, onRetry, isSearch, another}; `another`: an answer to a new question. */
    render(state) {
      last = state;
      show();
    },
    /** Time went by: what the rows say of it. */
    tick: rows.repaint,
    inSight: rows.inSight,
    focusSearch() {
      search.focus();
      search.select();
    },
    focusRow: (id) => rows.focus(id),
    reveal: (id) => rows.reveal(id),
    /** The chat `step` rows away from `id`, in the order on the screen; the first one without. */
    neighbour: (id, step) => (order.includes(id) ? order[order.indexOf(id) + step] : order[0]) ?? null,
    stop() {
      clearTimeout(typing);
      rows.stop();
    },
  };
}

const blankOf = (title, text) => h("div", { class: "blank" }, h("h2", {}, title), h("p", {}, text));

function bones() {
  return h("div", { "aria-label": "Cargando conversaciones" }, Array.from({ length: 6 }, () =>
    h("div", { class: "row" }, h("span", { class: "bone disc" }), h("span", { class: "bone" }), h("span", { class: "bone" }), h("span", { class: "bone" }))));
}

function trouble(error, onRetry) {
  return h("div", { class: "blank", role: "alert" }, h("h2", {}, "No se pudieron cargar los chats"), h("p", {}, error.message),
    h("button", { class: "button", type: "button", onclick: onRetry }, "Reintentar"));
}
