import { money, phone } from "../format.js";
import { h, icon } from "../html.js";
import { templateTitle } from "../templates.js";

const DRAW = { location, contacts, order, template, unsupported, reply };
const PARTS = { button: "reply", interactive: "reply" };

/** What a message holds besides words and a file: a place, people, an order. Null when it is none of these. */
export function detailsOf(message) {
  const part = PARTS[message.type] ?? message.type;
  return part in DRAW ? DRAW[part](message.details?.[part] ?? {}, message) : null;
}

/** Whether the details already say the message's words, so that they do not stand twice. */
export const saysItAll = (message) => ["location", "contacts", "template", "unsupported"].includes(message.type);

/** By which advertisement or post the customer came; null for everybody else. */
export function referralOf(message) {
  const referral = message.details?.referral;
  if (!referral) return null;
  const from = referral.source_type === "post" ? "Llegó por una publicación" : "Llegó por un anuncio";
  return h("p", { class: "referral" }, icon("megaphone"),
    h("span", {}, h("strong", {}, referral.headline ? `${from}: ` : from), referral.headline, " ",
      isWeb(referral.source_url) && outside(referral.source_url, "Verlo")));
}

/** The catalogue's product that a message is about. */
export function productOf({ details }) {
  const code = details?.product?.product_retailer_id;
  return code ? h("p", { class: "detail-kind" }, icon("cart"), `Pregunta por el artículo ${code}`) : null;
}

function location({ latitude, longitude, name, address }) {
  const known = Number.isFinite(latitude) && Number.isFinite(longitude);
  const query = known ? `${latitude},${longitude}` : [name, address].filter(Boolean).join(", ");
  return h("div", { class: "detail" }, icon("pin"), h("div", {},
    h("strong", {}, name || "Ubicación"), address && h("p", {}, address),
    query && outside(`https://www.google.com/maps/search/?${new URLSearchParams({ api: 1, query })}`, "Ver en el mapa")));
}

function contacts(given) {
  const people = Array.isArray(given) ? given : [];
  return people.length ? h("ul", { class: "details" }, people.map(({ name, phones = [] }) =>
    h("li", { class: "detail" }, icon("person"), h("div", {}, h("strong", {}, name || "Sin nombre"), phones.map((number) => h("p", { class: "detail-number" }, phone(number)))))))
    : h("p", { class: "detail" }, icon("person"), "Contacto");
}

function order({ items = [] }) {
  if (!items.length) return h("p", { class: "detail" }, icon("cart"), "Pedido del catálogo");
  const cost = ({ item_price: price, quantity }) => (Number.isFinite(price) ? price * (quantity ?? 1) : NaN);
  const total = items.reduce((sum, item) => sum + cost(item), 0);
  const currency = items[0].currency;
  const shown = (amount, of = currency) => (Number.isFinite(amount) ? money(amount, of) : "—");
  return h("table", { class: "order" }, h("caption", {}, icon("cart"), "Pedido del catálogo"),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Artículo"), h("th", { scope: "col" }, "Cant."), h("th", { scope: "col" }, "Precio"))),
    h("tbody", {}, items.map((item) => h("tr", {},
      h("td", {}, item.name || item.product_retailer_id || "—"), h("td", {}, item.quantity ?? "—"), h("td", {}, shown(item.item_price, item.currency))))),
    h("tfoot", {}, h("tr", {}, h("th", { scope: "row", colspan: "2" }, "Total"), h("td", {}, shown(total)))));
}

function reply({ kind, title, description, body }) {
  const how = { list_reply: "Eligió de la lista", nfm_reply: "Completó un formulario" }[kind] ?? "Tocó un botón";
  const more = description || (body !== title && body);
  return h("p", { class: "detail-kind" }, icon("tap"), more ? `${how} · ${more}` : how);
}

function template({ name, text }, message) {
  return [h("p", { class: "detail-kind" }, icon("template"), name ? `Plantilla: ${templateTitle(name)}` : "Plantilla"),
    h("span", { class: "bubble-text" }, text || message.content)];
}

function unsupported({ message }) {
  return h("p", { class: "detail quiet" }, icon("ban"), message || "Mandó algo que WhatsApp deja ver sólo en el teléfono.");
}

const isWeb = (address) => /^https?:\/\//.test(address ?? "");
const outside = (href, words) => h("a", { class: "link", href, target: "_blank", rel: "noopener noreferrer" }, words);
