import { h, icon } from "../html.js";
import { troubles, watchHealth } from "../health_watch.js";
import { startRouter } from "../router.js";
import { toast } from "../toast.js";
import { chatsView } from "./chats.js";
import { healthView } from "./health.js";

const VIEWS = { chats: { ...chatsView, label: "Chats", icon: "chats" }, salud: { ...healthView, label: "Salud", icon: "health" } };
const TENANT_KEY = "nexus.tenant";
const ROLES = { owner: "Dueño", manager: "Encargado", agent: "Atención", "read-only": "Solo lectura" };

const withRole = (name, role) => (ROLES[role] ? `${name} · ${ROLES[role]}` : name);

/** The rail, the strip and the place of the views, for a signed-in person (`me` of GET /admin/me). */
export function mountFrame(root, api, me, { onSignOut }) {
  const remembered = localStorage.getItem(TENANT_KEY);
  let tenant = me.tenants.find(({ id }) => String(id) === remembered) ?? me.tenants[0] ?? null;
  let stop = () => {};
  const place = h("main", { class: "place" });
  const strip = h("p", { class: "strip", role: "status", hidden: true }, icon("alert"), "Sin conexión con el servidor. Reintentando…");
  const ill = h("span", { class: "strip-words" });
  const illStrip = h("p", { class: "strip health-strip", role: "status", hidden: true }, icon("alert"), ill, h("a", { href: "#/salud" }, "Ver qué hacer"));
  let health = null;
  let shown = null;
  const links = Object.entries(VIEWS).map(([name, view]) =>
    h("a", { class: "rail-item", href: `#/${name}`, "data-view": name }, icon(view.icon), view.label));
  const card = accountCard();

  root.append(h("div", { class: "frame" }, h("div", { class: "strips" }, strip, illStrip),
    h("nav", { class: "rail", "aria-label": "Secciones" },
      h("div", { class: "rail-views" },
        links.toSpliced(1, 0, h("a", { class: "rail-item", href: "agenda/" }, icon("calendar"), "Agenda"))),
      h("button", { class: "rail-item", type: "button", popovertarget: card.id }, icon("person"), "Cuenta")),
    place, card));
  api.onConnection = (reached) => {
    strip.hidden = reached;
    tellHealth();
  };
  const goneOffline = () => api.onConnection(false);
  addEventListener("offline", goneOffline);
  enter();

  /** One line at most: without a connection nothing else matters, and the view of the health says it itself. */
  function tellHealth() {
    const wrong = troubles(health?.state().items);
    const [worst] = wrong;
    illStrip.hidden = !worst || !strip.hidden || shown === "salud";
    illStrip.classList.toggle("error", worst?.level === "error");
    const words = worst ? `${worst.title}${wrong.length > 1 ? ` (y ${wrong.length - 1} más)` : ""}` : "";
    if (ill.textContent !== words) ill.textContent = words;
    const sign = links.find((link) => link.dataset.view === "salud");
    sign.classList.toggle("due", Boolean(worst));
    sign.title = words;
  }

  function enter() {
    stop();
    health?.stop();
    health = null;
    place.replaceChildren();
    api.tenant = tenant?.id ?? null;
    if (!tenant) {
      place.append(h("div", { class: "blank" }, h("h2", {}, "Tu usuario todavía no tiene tienda"),
        h("p", {}, "Pedile a quien administra Nexus que te sume a una.")));
      return;
    }
    health = watchHealth(api);
    health.onChange(tellHealth);
    stop = startRouter(place, VIEWS, { api, tenant, health, me: me.user.email }, { fallback: "chats", onView });
  }

  function onView(name) {
    shown = name;
    for (const link of links) {
      if (link.dataset.view === name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    tellHealth();
  }

  function accountCard() {
    const several = me.tenants.length > 1;
    const choice = h("select", { class: "input", onchange: change }, me.tenants.map(({ id, store_name: name, role }) =>
      h("option", { value: id, selected: id === tenant?.id }, withRole(name, role))));
    return h("div", { class: "account", id: "account", popover: "auto" },
      h("p", { class: "account-who" }, h("strong", {}, me.user.email),
        tenant && !several && h("span", {}, withRole(tenant.store_name, tenant.role))),
      several && h("label", { class: "field" }, h("span", {}, "Tienda"), choice),
      h("button", { class: "button", type: "button", onclick: signOut }, "Salir"));
  }

  function change(event) {
    tenant = me.tenants.find(({ id }) => String(id) === event.target.value);
    localStorage.setItem(TENANT_KEY, tenant.id);
    card.hidePopover();
    history.replaceState(null, "", "#/chats");
    enter();
  }

  async function signOut() {
    try {
      await api.write("/admin/logout", {});
      onSignOut();
    } catch (error) {
      if (error.status !== 401) toast(`No se pudo salir. ${error.message}`);
    }
  }

  return () => {
    stop();
    health?.stop();
    removeEventListener("offline", goneOffline);
    api.onConnection = () => {};
  };
}
