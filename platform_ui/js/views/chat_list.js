import { initials, phone } from "../format.js";
import { h, icon, keeper, reconcile } from "../html.js";
import { owner, preview, waitedFor } from "../words.js";

const OWNER_WORDS = { bot: "Bot", human: "Humano" };

/** The list of chats, searched among those loaded; `onNew` null for who may not begin one. Returns {element, render, focusSearch, focusRow}. */
export function chatList({ time, onMore, onNew }) {
  const keep = keeper();
  let order = [];
  let last = null;
  let waitingOnly = false;

  const search = h("input", { class: "input search-input", type: "search", placeholder: "Buscar nombre o teléfono", "aria-label": "Buscar conversaciones", autocomplete: "off", enterkeyhint: "search" });
  const all = h("button", { class: "filter", type: "button", "aria-pressed": "true" }, "Todas");
  const waiting = h("button", { class: "filter", type: "button", "aria-pressed": "false" }, "Esperan");
  const rows = h("ul", { class: "rows" });
  const more = h("button", { class: "button plain", type: "button", hidden: true, onclick: onMore }, "Ver más conversaciones");
  const fresh = h("button", { class: "pill fresh", type: "button", hidden: true });
  const body = h("div", { class: "list-scroll", "aria-busy": "true" }, bones());
  const element = h("aside", { class: "list", "aria-label": "Conversaciones" },
    h("div", { class: "list-top" },
      h("div", { class: "list-find" },
        h("label", { class: "search" }, icon("search"), search, h("kbd", { "aria-hidden": "true" }, "/")),
        onNew && h("button", { class: "icon-button", type: "button", "aria-label": "Nueva conversación", title: "Nueva conversación", onclick: onNew }, icon("plus"))),
      h("div", { class: "filters", role: "group", "aria-label": "Filtro" }, all, waiting)),
    h("div", { class: "list-body" }, body, fresh));

  search.addEventListener("input", () => render(last, { settle: true }));
  for (const button of [all, waiting]) {
    button.addEventListener("click", () => {
      waitingOnly = button === waiting;
      all.setAttribute("aria-pressed", String(!waitingOnly));
      waiting.setAttribute("aria-pressed", String(waitingOnly));
      render(last, { settle: true });
    });
  }
  fresh.addEventListener("click", () => {
    body.scrollTop = 0;
    render(last, { settle: true });
  });
  rows.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const links = [...rows.querySelectorAll("a")];
    links[links.indexOf(document.activeElement) + step]?.focus();
  });
  rows.addEventListener("pointerleave", () => last && render(last));

  /** Rows keep their places while the list is scrolled or under the pointer; what would move is announced. */
  function settledOrder(items, settle) {
    const wanted = items.map(({ id }) => id);
    const held = !settle && order.length && (body.scrollTop > 8 || rows.matches(":hover"));
    if (!held) {
      fresh.hidden = true;
      return wanted;
    }
    const had = new Set(order);
    const present = new Set(wanted);
    const oldestShown = wanted.findLastIndex((id) => had.has(id));
    if (oldestShown < 0) return wanted;
    const arrived = wanted.slice(0, oldestShown).filter((id) => !had.has(id));
    const kept = order.filter((id) => present.has(id));
    fresh.hidden = !arrived.length;
    fresh.textContent = arrived.length === 1 ? "1 nuevo" : `${arrived.length} nuevos`;
    return [...kept, ...wanted.slice(oldestShown + 1)];
  }

  function render(state, { settle = false } = {}) {
    last = state;
    if (!state) return;
    const { items, selected, hasMore, error, onRetry } = state;
    if (!items) {
      order = [];
      if (error) body.replaceChildren(trouble(error, onRetry));
      else if (!body.querySelector(".bone")) body.replaceChildren(bones());
      return;
    }
    body.removeAttribute("aria-busy");
    const count = items.filter((chat) => owner(chat) === "waiting").length;
    waiting.textContent = count ? `Esperan ${count}` : "Esperan";
    waiting.classList.toggle("due", count > 0);
    const query = plain(search.value.trim());
    const shown = items.filter((chat) => (!waitingOnly || owner(chat) === "waiting") && matches(chat, query));
    more.hidden = !hasMore;
    if (!shown.length) {
      order = [];
      body.replaceChildren(emptiness(search.value.trim(), waitingOnly, hasMore), more);
      return;
    }
    order = settledOrder(shown, settle);
    const byId = new Map(shown.map((chat) => [chat.id, chat]));
    reconcile(rows, order.map((id) => rowOf(byId.get(id), id === selected)));
    if (rows.parentElement !== body) body.replaceChildren(rows, more);
  }

  function rowOf(chat, selected) {
    const state = owner(chat);
    const word = state === "waiting" ? `Espera ${waitedFor(chat.needs_human_since)}`.trim() : OWNER_WORDS[state];
    const when = chat.last_message_at && time.short(chat.last_message_at);
    const name = chat.display_name || phone(chat.wa_address || chat.external_user_id);
    const node = keep(chat.id, JSON.stringify([name, when, word, chat.last_message_preview, chat.unread]), () =>
      h("li", {}, h("a", { class: state === "waiting" ? "row waiting" : "row", href: `#/chats/${encodeURIComponent(chat.id)}` },
        h("span", { class: "disc", "aria-hidden": "true" }, initials(name)),
        h("span", { class: "row-line" },
          h("span", { class: "row-name" }, name),
          when && h("time", { class: "row-time", datetime: chat.last_message_at, title: time.exact(chat.last_message_at) }, when)),
        h("span", { class: "row-line" },
          h("span", { class: "row-preview" }, preview(chat.last_message_preview)),
          h("span", { class: `owner ${state}` }, word),
          chat.unread > 0 && h("span", { class: "count" }, chat.unread, h("span", { class: "unseen" }, " sin leer"))))));
    const link = node.firstElementChild;
    if (selected) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
    return node;
  }

  return {
    element,
    render,
    focusSearch: () => search.focus(),
    focusRow: (id) => rows.querySelector(`a[href="#/chats/${CSS.escape(encodeURIComponent(id))}"]`)?.focus(),
  };
}

// Without accents or capitals: nobody writes them when searching.
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase("es-AR");

function matches(chat, query) {
  if (!query) return true;
  const digits = query.replace(/[\s+()-]/g, "");
  if (/^\d+$/.test(digits)) return chat.external_user_id.includes(digits);
  return plain(`${chat.display_name ?? ""} ${chat.last_message_preview ?? ""}`).includes(query);
}

function bones() {
  return h("div", { "aria-label": "Cargando conversaciones" }, Array.from({ length: 6 }, () =>
    h("div", { class: "row" }, h("span", { class: "bone disc" }), h("span", { class: "bone" }), h("span", { class: "bone" }))));
}

function trouble(error, onRetry) {
  return h("div", { class: "blank", role: "alert" }, h("h2", {}, "No se pudieron cargar los chats"), h("p", {}, error.message),
    h("button", { class: "button", type: "button", onclick: onRetry }, "Reintentar"));
}

function emptiness(query, waitingOnly, hasMore) {
  const among = hasMore ? "Ninguna de las conversaciones cargadas coincide" : "Ninguna conversación coincide";
  if (query) return h("div", { class: "blank" }, h("h2", {}, "Sin resultados"), h("p", {}, `${among} con “${query}”.`));
  if (waitingOnly) return h("div", { class: "blank" }, h("h2", {}, "Nadie espera a una persona"), h("p", {}, "El bot se está ocupando de todo."));
  return h("div", { class: "blank" }, h("h2", {}, "Todavía no hay conversaciones"),
    h("p", {}, "Escribí desde WhatsApp al número de la tienda: la primera aparece acá sola. En YCloud, el webhook tiene que apuntar a ",
      h("strong", {}, "/webhook/ycloud"), " de tu servidor."));
}
