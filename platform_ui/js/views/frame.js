import { h, icon } from "../html.js";
import { troubles, watchHealth } from "../health_watch.js";
import { watchIncoming } from "../incoming.js";
import { abilities } from "../roles.js";
import { startRouter } from "../router.js";
import { sheets } from "../style_sheets.js";
import { guardClosing, mayLeave } from "../unsaved.js";
import { chatsView } from "./chats.js";
import { accountCard, shopCard, whoIs } from "./frame_cards.js";
import { empty, failed } from "./states.js";

// What people see first comes with the page, the rest when it is opened. `for` is what the role must be able to do.
const VIEWS = {
  chats: { label: "Chats", icon: "chats", first: true, load: async () => chatsView },
  tienda: { label: "Tienda", icon: "shop", for: "settings", load: view(() => import("./shop.js"), "page") },
  conocimiento: { label: "Conocimiento", icon: "book", for: "test", load: view(() => import("./knowledge.js"), "page", "records", "knowledge") },
  metricas: { label: "Métricas", icon: "chart", first: true, load: view(() => import("./metrics.js"), "page", "figures") },
  registro: { label: "Registro", icon: "list", load: view(() => import("./logs.js"), "page", "records") },
  salud: { label: "Salud", icon: "health", first: true, load: view(() => import("./health.js"), "page", "health") },
  ajustes: { label: "Ajustes", icon: "gear", for: "settings", load: view(() => import("./settings.js"), "page", "records") },
  cuenta: { label: "Cuenta", hidden: true, load: view(() => import("./account.js"), "page") },
};
/** How a view comes with its style sheets; its module exports it as `view`. */
function view(bring, ...needed) {
  return async () => (await Promise.all([bring(), sheets(...needed)]))[0].view;
}

const TENANT_KEY = "nexus.tenant";
// What is wrong is known before anything shows, so that nothing moves; bones show no sooner than this, either.
const STILL_MS = 150;

/** The rail, the strip and the place of the views, for a signed-in person (`me` of GET /admin/me). */
export function mountFrame(root, api, me, { onSignOut, onChanged }) {
  const remembered = localStorage.getItem(TENANT_KEY);
  const tenant = me.tenants.find(({ id }) => String(id) === remembered) ?? me.tenants[0] ?? null;
  const can = abilities(tenant?.role);
  const place = h("main", { class: "place" });
  const strip = h("p", { class: "strip", role: "status", hidden: true }, icon("alert"), "Sin conexión con el servidor. Reintentando…");
  const ill = h("span", { class: "strip-words" });
  const illLink = h("a", { href: "#/salud" }, "Ver qué hacer");
  const illStrip = h("p", { class: "strip health-strip", role: "status", hidden: true }, icon("alert"), ill, illLink);
  let health = null;
  let incoming = null;
  let shown = null;
  const open = Object.entries(VIEWS).filter(([, view]) => !view.hidden && (!view.for || can(view.for)));
  const links = open.map(([name, view]) => linkTo(name, view));
  const agenda = h("a", { class: "rail-item first", href: "agenda/" }, icon("calendar"), "Agenda");
  const account = accountCard({ me, tenant, api, onSignOut, mayLeave });
  const shops = shopCard({ me, tenant, onChoose: enterShop });
  const shopName = h("span", {}, tenant?.store_name);
  // On a narrow screen the bar holds four; what does not fit stands behind "Más", with the shop and the person.
  const more = h("div", { class: "card-menu more-card", id: "more", popover: "auto", onclick: (event) => event.target.closest("a") && more.hidePopover() },
    open.filter(([, view]) => !view.first).map(([name, view]) => linkTo(name, view, "menu-item")),
    shops && h("button", { class: "menu-item", type: "button", onclick: () => inPlace(shops) }, icon("shop"), h("span", { class: "menu-words" }, "Cambiar tienda", h("small", {}, tenant?.store_name))),
    h("button", { class: "menu-item", type: "button", onclick: () => inPlace(account) }, icon("person"), "Cuenta"));

  /** A card opened from "Más" takes its place: a popover within a popover would lie over it. */
  function inPlace(card) {
    more.hidePopover();
    card.showPopover();
  }

  const frame = h("div", { class: "frame" }, h("div", { class: "strips" }, strip, illStrip),
    h("nav", { class: "rail", "aria-label": "Secciones" },
      h("div", { class: "rail-views" }, links.toSpliced(1, 0, agenda)),
      h("div", { class: "rail-foot" },
        h("button", { class: "rail-item more-button", type: "button", popovertarget: "more" }, icon("more"), "Más"),
        shops && h("button", { class: "rail-item rail-shop", type: "button", popovertarget: shops.id, title: `${tenant?.store_name}: cambiar tienda`, "aria-label": `${tenant?.store_name}, cambiar tienda` }, icon("shop"), shopName),
        h("button", { class: "rail-item", type: "button", popovertarget: account.id }, icon("person"), "Cuenta"))),
    place, account, shops, more);

  function linkTo(name, view, kind = "rail-item") {
    return h("a", { class: view.first ? `${kind} first` : kind, href: `#/${name}`, "data-view": name }, icon(view.icon), view.label);
  }

  api.onConnection = (reached) => {
    strip.hidden = reached;
    tellHealth();
  };
  const goneOffline = () => api.onConnection(false);
  addEventListener("offline", goneOffline);
  const stopGuard = guardClosing();
  const stop = enter();

  /** One line at most: without a connection nothing else matters, and the view of the health says it itself. */
  function tellHealth() {
    const wrong = troubles(health?.state().items);
    const [worst] = wrong;
    // What a new shop lacks is the guided set-up's to say.
    const saidThere = shown === "salud" || (shown === "tienda" && worst?.level === "warn");
    illStrip.hidden = !worst || !strip.hidden || saidThere;
    illStrip.classList.toggle("error", worst?.level === "error");
    const words = worst ? `${worst.title}${wrong.length > 1 ? ` (y ${wrong.length - 1} más)` : ""}. ${worst.message}` : "";
    if (ill.textContent !== words) ill.textContent = words;
    for (const sign of links.filter((link) => link.dataset.view === "salud")) {
      sign.classList.toggle("due", Boolean(worst));
      sign.title = words;
    }
  }

  /** How many chats nobody has read, on the way to them. */
  function tellUnread(count) {
    const words = count > 99 ? "99+" : String(count);
    for (const link of links.filter((one) => one.dataset.view === "chats")) {
      const badge = link.querySelector(".rail-count");
      if (badge?.dataset.count === words) continue;
      badge?.remove();
      if (count) link.append(h("span", { class: "count rail-count", "data-count": words }, words, h("span", { class: "unseen" }, " sin leer")));
    }
  }

  function enter() {
    api.tenant = tenant?.id ?? null;
    if (!tenant) {
      root.append(frame);
      place.append(me.is_platform_admin ? firstShop() : empty("Tu usuario todavía no tiene tienda", "Pedile a quien administra Nexus que te sume a una."));
      return () => {};
    }
    health = watchHealth(api);
    health.onChange(tellHealth);
    incoming = watchIncoming({ api, person: me.user, onCount: tellUnread, onOpen: (id) => { location.hash = `#/chats/${id}`; } });
    const context = { api, tenant, health, incoming, can, me: me.user?.email ?? "", person: me.user, tenants: me.tenants, isPlatformAdmin: me.is_platform_admin, enterShop, renamed };
    const still = new Promise((resolve) => setTimeout(resolve, STILL_MS));
    return afterwards(Promise.race([health.first, still]), () => {
      root.append(frame);
      return startRouter(place, VIEWS, context, {
        fallback: "chats", onView, mayLeave,
        onLost: (place, again) => place.replaceChildren(failed({ message: "No llegó una parte del panel. Revisá tu internet y probá de nuevo." }, again)),
      });
    });
  }

  function firstShop() {
    const hole = h("div", { class: "page" });
    Promise.all([import("./tenant_new.js"), sheets("page")]).then(([{ newTenantCard }]) => hole.append(h("div", { class: "page-column" }, h("h1", {}, "Tu primera tienda"), newTenantCard({ api, enterShop }))));
    return hole;
  }

  function onView(name) {
    shown = name;
    for (const link of root.querySelectorAll("[data-view]")) {
      if (link.dataset.view === name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    root.querySelector(".more-button").classList.toggle("here", !VIEWS[name].first);
    if (name !== "chats") incoming?.give();
    tellHealth();
  }

  /** The person or the shop has another name: the card at the foot says it. */
  function renamed() {
    account.querySelector(".account-who").replaceWith(whoIs({ me, tenant }));
    shopName.textContent = tenant.store_name;
  }

  /** Goes on in another shop (or the same one anew), at `address`. */
  async function enterShop(id, address = "") {
    if (!(await mayLeave())) return;
    localStorage.setItem(TENANT_KEY, id);
    history.replaceState(null, "", address || `#/${shown ?? "chats"}`);
    onChanged();
  }

  return () => {
    incoming?.stop();
    stop();
    stopGuard();
    health?.stop();
    removeEventListener("offline", goneOffline);
    api.onConnection = () => {};
  };
}

/** Begins once `ready` is kept; returns what ends that which `begin` returned, or keeps it from beginning. */
function afterwards(ready, begin) {
  let end = () => {};
  let over = false;
  ready.then(() => { if (!over) end = begin(); });
  return () => { over = true; end(); };
}
