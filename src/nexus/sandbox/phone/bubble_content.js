import { buttonsOf } from "./choices.js";
import { h, icon, richText, safeUrl } from "./dom.js";
import { phone as readable, size } from "./format.js";
import { words as plainWords } from "./rich_text.js";

const NAMES = {
  image: "Foto", video: "Video", audio: "Audio", document: "Documento", sticker: "Sticker", location: "Ubicación",
  contacts: "Contacto", order: "Pedido del catálogo", unsupported: "Mensaje que el negocio no puede leer",
};
const LINES = { request_welcome: "Abrió el chat sin escribir nada" };

/** A message in a few words, for a quote. */
export const words = (message) => plainWords(message.template?.body || message.text || "") || NAMES[message.type] || "Mensaje";

/** The words of what is a line in the middle of the chat and no bubble, or null. */
export function lineOf(message) {
  if (message.type === "system") return message.text || "Cambió de número";
  return LINES[message.type] ?? null;
}

const BODIES = { audio, video, document: file, sticker, location, contacts, template, interactive, order, unsupported };

/** The nodes between a bubble's head and its foot. `acts` are {player, onChoose}. */
export function contentOf(message, acts) {
  if (message.revoked) return h("p", { class: "bubble-aside" }, "Se eliminó este mensaje.");
  return (BODIES[message.type] ?? plain)(message, acts);
}

const said = (text) => text && h("div", { class: "bubble-text" }, richText(text));

function plain(message) {
  return [picture(message.media?.url ?? message.image_url, message), said(message.text)];
}

function picture(url, message, alt = "Imagen") {
  const address = safeUrl(url);
  if (!address) return null;
  const image = h("img", { src: address, alt: message.text ? "" : alt, loading: "lazy", decoding: "async" });
  image.addEventListener("error", () => image.replaceWith(h("span", { class: "picture-lost" }, "No se pudo cargar la imagen")));
  return h("a", { class: "bubble-picture", href: address, target: "_blank", rel: "noopener noreferrer", "aria-label": "Abrir la imagen" }, image);
}

function sticker(message) {
  const address = safeUrl(message.media?.url);
  return address ? h("img", { class: "sticker", src: address, alt: "Sticker" }) : said("Sticker");
}

function audio(message, { player }) {
  const { transcript } = message.media ?? {};
  const address = safeUrl(message.media?.url);
  const whose = message.author === "customer" ? "Audio del cliente" : "Audio del negocio";
  return [
    address ? player(message, whose) : said("Audio"),
    transcript && h("p", { class: "bubble-aside" }, h("span", { class: "unseen" }, "El audio dice: "), `«${transcript}»`),
    message.text !== transcript && said(message.text),
  ];
}

function video(message) {
  const address = safeUrl(message.media?.url);
  return [address && h("video", { class: "bubble-video", src: address, controls: true, preload: "metadata", "aria-label": "Video" }), said(message.text)];
}

function file(message) {
  const { url, name, mime, size: bytes } = message.media ?? {};
  const kind = (mime ?? "").split("/").pop().split(";")[0].toUpperCase().slice(0, 5);
  const card = [icon("file"), h("span", { class: "card-words" }, h("strong", {}, name || "Documento"),
    h("small", {}, [kind, bytes && size(bytes)].filter(Boolean).join(" · ")))];
  const address = safeUrl(url);
  return [
    address ? h("a", { class: "card", href: address, target: "_blank", rel: "noopener noreferrer" }, card) : h("div", { class: "card" }, card),
    message.text !== name && said(message.text),
  ];
}

function location(message) {
  const { latitude, longitude, name, address } = message.location ?? {};
  const spot = `${Number(latitude).toFixed(5)}, ${Number(longitude).toFixed(5)}`;
  const map = `https://www.openstreetmap.org/?mlat=${Number(latitude)}&mlon=${Number(longitude)}#map=16/${Number(latitude)}/${Number(longitude)}`;
  return h("a", { class: "card card-map", href: map, target: "_blank", rel: "noopener noreferrer" },
    h("span", { class: "map", "aria-hidden": "true" }, icon("pin")),
    h("span", { class: "card-words" }, h("strong", {}, name || "Ubicación"), h("small", {}, address || spot)));
}

function contacts(message) {
  return (message.contacts ?? []).map((contact) => h("div", { class: "card" }, icon("person"),
    h("span", { class: "card-words" }, h("strong", {}, contact.name?.formatted_name ?? "Contacto"),
      (contact.phones ?? []).map((entry) => h("small", {}, readable(entry.phone ?? entry.wa_id ?? ""))))));
}

function template(message, acts) {
  const { header, body, footer } = message.template ?? {};
  return [
    picture(message.image_url, message),
    header && h("div", { class: "bubble-head" }, header),
    said(body || message.text),
    footer && h("p", { class: "bubble-aside" }, footer),
    buttonsOf(message, acts.onChoose),
  ];
}

function interactive(message, acts) {
  const { header, footer } = message.interactive ?? {};
  return [
    picture(header?.image?.link ?? message.image_url, message),
    header?.type === "text" && h("div", { class: "bubble-head" }, header.text),
    said(message.text),
    footer?.text && h("p", { class: "bubble-aside" }, footer.text),
    buttonsOf(message, acts.onChoose),
  ];
}

function order(message) {
  const { text, product_items: items = [] } = message.order ?? {};
  return [
    h("div", { class: "card" }, icon("shop"), h("span", { class: "card-words" }, h("strong", {}, "Pedido del catálogo"),
      items.map((item) => h("small", {}, `${item.quantity} × ${item.product_retailer_id}`)))),
    said(text || message.text),
  ];
}

function unsupported(message) {
  return h("p", { class: "bubble-aside" }, message.text || "Una encuesta: el negocio recibe «tipo no soportado».");
}
