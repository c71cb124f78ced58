// What opens from the foot of the rail: the person, and her shops.

import { h, icon } from "../html.js";
import { roleName } from "../roles.js";
import { toast } from "../toast.js";

const FIND_FROM = 8;

/** Who is signed in, where and as what. */
export const whoIs = ({ me, tenant }) => h("p", { class: "account-who" }, h("strong", {}, me.user?.name || me.user?.email), me.user?.name && h("span", {}, me.user.email),
  tenant && h("span", {}, `${tenant.store_name} · ${me.is_platform_admin ? "Administra la plataforma" : roleName(tenant.role)}`));

/** Who is signed in, the way to her account and the way out. */
export function accountCard({ me, tenant, api, onSignOut, mayLeave }) {
  const card = h("div", { class: "card-menu account", id: "account", popover: "auto" },
    whoIs({ me, tenant }),
    tenant && h("a", { class: "menu-item", href: "#/cuenta", onclick: () => card.hidePopover() }, icon("person"), "Mi cuenta"),
    h("button", { class: "menu-item", type: "button", onclick: signOut }, icon("back"), "Salir"));

  async function signOut() {
    if (!(await mayLeave())) return;
    try {
      await api.write("/admin/logout", {});
      onSignOut();
    } catch (error) {
      if (error.status !== 401) toast(`No se pudo salir. ${error.message}`);
    }
  }

  return card;
}

/** The shops that one may enter; null with a single one. */
export function shopCard({ me, tenant, onChoose }) {
  if (me.tenants.length < 2) return null;
  const items = me.tenants.map((shop) => ({
    shop,
    row: h("button", { class: "menu-item", type: "button", "aria-current": shop.id === tenant?.id ? "true" : null, onclick: () => choose(shop) },
      h("span", { class: "menu-words" }, shop.store_name, !me.is_platform_admin && h("small", {}, roleName(shop.role))), shop.id === tenant?.id && icon("tick")),
  }));
  const find = me.tenants.length >= FIND_FROM && h("input", { class: "input", type: "search", placeholder: "Buscar tienda…", "aria-label": "Buscar tienda", oninput: filter });
  const none = h("p", { class: "field-hint", hidden: true }, "Ninguna tienda se llama así.");
  const card = h("div", { class: "card-menu shops", id: "shops", popover: "auto" },
    h("p", { class: "menu-title" }, "Tiendas"), find, h("div", { class: "menu-scroll" }, items.map(({ row }) => row), none));

  function filter() {
    const wanted = plain(find.value);
    for (const { shop, row } of items) row.hidden = !plain(shop.store_name).includes(wanted);
    none.hidden = items.some(({ row }) => !row.hidden);
  }

  function choose(shop) {
    card.hidePopover();
    if (shop.id !== tenant?.id) onChoose(shop.id);
  }

  return card;
}

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase("es-AR").trim();
