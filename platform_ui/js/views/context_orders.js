import { money } from "../format.js";
import { h, icon } from "../html.js";
import { copyButton } from "./copy.js";

/** The customer's orders in the shop, by the phone of the chat, asked live. Returns {element, open}. */
export function ordersPart({ api, time }) {
  let id = null;
  const again = h("button", { class: "icon-button", type: "button", "aria-label": "Mirar los pedidos de nuevo", title: "Mirar de nuevo", onclick: () => load() }, icon("refresh"));
  const body = h("div", { class: "orders", "aria-live": "polite" });

  async function load() {
    const asked = id;
    again.disabled = true;
    body.replaceChildren(h("span", { class: "bone" }), h("span", { class: "bone" }));
    try {
      const { body: found } = await api.read(`/admin/conversations/${encodeURIComponent(asked)}/orders`);
      if (asked === id) body.replaceChildren(...contents(found));
    } catch (error) {
      if (asked === id) body.replaceChildren(h("p", { class: "context-quiet" }, `No se pudieron traer los pedidos. ${error.message}`));
    }
    again.disabled = false;
  }

  function contents({ state, message, items }) {
    if (state === "not_connected") return [h("p", { class: "context-quiet" }, message || "La tienda no está conectada.", " ", h("a", { class: "link", href: "#/ajustes/tiendanube" }, "Conectarla"))];
    if (state !== "ok") return [h("p", { class: "context-quiet" }, message || "Tienda Nube no responde: probá de nuevo en un rato.")];
    if (!items.length) return [h("p", { class: "context-quiet" }, "No compró desde este número.")];
    return items.map((order, index) => orderCard(order, index === 0));
  }

  function orderCard({ number, created_at: at, total, currency, status_words: status, payment_words: paid, shipping_words: shipped, tracking, products }, isOpen) {
    return h("details", { class: "order-card", open: isOpen },
      h("summary", {}, h("span", { class: "order-number" }, `#${number}`), h("span", { class: "order-state" }, shipped || status), h("time", { class: "order-date", datetime: at, title: time.exact(at) }, time.date(at))),
      h("p", { class: "order-line" }, h("span", {}, [status, paid].filter(Boolean).join(" · ")), h("strong", {}, money(Number(total), currency || "ARS"))),
      h("ul", { class: "order-products" }, products.map(({ name, quantity }) => h("li", {}, `${quantity} × ${name}`))),
      tracking.map(({ code, carrier, url }) => h("p", { class: "context-line" }, h("span", { class: "context-key" }, carrier || "Envío"),
        h("span", { class: "context-value" }, isWeb(url) ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, code, h("span", { class: "unseen" }, " (seguir el envío)")) : code),
        copyButton(code, `Copiar el seguimiento ${code}`))));
  }

  return {
    element: h("section", { class: "context-part" }, h("div", { class: "context-head" }, h("h3", {}, "Pedidos"), again), body),
    open(chatId) {
      id = chatId;
      load();
    },
  };
}

const isWeb = (address) => /^https?:\/\//.test(address ?? "");
