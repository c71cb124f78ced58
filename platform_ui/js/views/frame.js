import { h, icon } from "../html.js";
import { startRouter } from "../router.js";
import { toast } from "../toast.js";
import { chatsView } from "./chats.js";

const VIEWS = { chats: { ...chatsView, label: "Chats", icon: "chats" } };
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
  const links = Object.entries(VIEWS).map(([name, view]) =>
    h("a", { class: "rail-item", href: `#/${name}`, "data-view": name }, icon(view.icon), view.label));
  const card = accountCard();

  root.append(h("div", { class: "frame" }, strip,
    h("nav", { class: "rail", "aria-label": "Secciones" },
      h("div", { class: "rail-views" },
        links.toSpliced(1, 0, h("a", { class: "rail-item", href: "agenda/" }, icon("calendar"), "Agenda"))),
      h("button", { class: "rail-item", type: "button", popovertarget: card.id }, icon("person"), "Cuenta")),
    place, card));
  api.onConnection = (reached) => { strip.hidden = reached; };
  const goneOffline = () => { strip.hidden = false; };
  addEventListener("offline", goneOffline);
  enter();

  function enter() {
    stop();
    place.replaceChildren();
    api.tenant = tenant?.id ?? null;
    if (!tenant) {
      place.append(h("div", { class: "blank" }, h("h2", {}, "Tu usuario todavía no tiene tienda"),
        h("p", {}, "Pedile a quien administra Nexus que te sume a una.")));
      return;
    }
    stop = startRouter(place, VIEWS, { api, tenant }, {
      fallback: "chats",
      onView: (name) => links.forEach((link) => {
        if (link.dataset.view === name) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
      }),
    });
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
    removeEventListener("offline", goneOffline);
    api.onConnection = () => {};
  };
}
