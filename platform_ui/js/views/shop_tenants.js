import { h } from "../html.js";
import { phone } from "../format.js";
import { toast } from "../toast.js";
import { confirmWith } from "./confirm.js";
import { loadInto } from "./states.js";
import { newTenantCard } from "./tenant_new.js";

/** Every shop of the installation, for whoever administers it: enter, make, delete. */
export function tenantsPart(place, { api, tenant, enterShop }) {
  const { again, stop } = loadInto(place, {
    load: async () => (await api.read("/admin/tenants")).body.items,
    draw: (shops) => h("div", { class: "column" }, newTenantCard({ api, enterShop }),
      h("section", { class: "card", "aria-labelledby": "all-shops" }, h("h2", { id: "all-shops" }, `Tiendas (${shops.length})`),
        h("ul", { class: "lines" }, shops.map(row)))),
    what: "Las tiendas",
  });

  function row(shop) {
    return h("li", { class: "line" },
      h("div", { class: "line-words" }, h("strong", {}, shop.store_name), h("span", {}, `${phone(shop.bot_phone_number)} · ${shop.bot_enabled ? "bot prendido" : "bot apagado"}`)),
      h("div", { class: "line-actions" },
        shop.id === tenant.id ? h("span", { class: "badge" }, "Estás acá") : h("button", { class: "button", type: "button", onclick: () => enterShop(shop.id, "#/tienda") }, "Entrar"),
        h("button", { class: "button plain", type: "button", "aria-label": `Borrar ${shop.store_name}`, onclick: () => remove(shop) }, "Borrar")));
  }

  async function remove(shop) {
    const sure = await confirmWith({
      title: `Borrar ${shop.store_name}`,
      text: "Se borran sus chats, archivos, credenciales y turnos. No hay vuelta atrás.",
      action: "Borrar para siempre",
      danger: true,
      typed: shop.store_name,
    });
    if (!sure) return;
    try {
      await api.remove(`/admin/tenants/${shop.id}`);
      toast(`Se borró ${shop.store_name}.`);
      if (shop.id === tenant.id) enterShop(0, "#/chats");
      else again();
    } catch (error) {
      toast(`No se pudo borrar. ${error.message}`);
    }
  }

  return stop;
}
