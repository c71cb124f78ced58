import { h } from "../html.js";
import { poll } from "../poller.js";
import { copyButton } from "./copy.js";

const EVERY_MS = 4000;
const WORDS = {
  green: (at) => `Llegan eventos firmados. El último, ${at}.`,
  waiting: () => "Todavía no llegó ningún evento firmado. Mandale un mensaje a tu número y se prende.",
  red: () => "Llegan eventos, pero con otra firma: el secreto de arriba no es el de este webhook.",
};

/** The address that YCloud has to call, and a light that turns green at the first event with a good signature. */
export function webhookCard({ api, tenant, time }) {
  const url = h("input", { class: "input", type: "text", readonly: true, "aria-label": "Dirección del webhook", onfocus: () => url.select() });
  const copy = h("span", {});
  const light = h("p", { class: "light waiting", role: "status" }, "Mirando…");
  const element = h("section", { class: "card", "aria-labelledby": "webhook-title" }, h("h2", { id: "webhook-title" }, "Webhook"),
    h("p", { class: "card-lead" }, "En YCloud, en Developers › Webhooks, creá uno con esta dirección y suscribilo a los mensajes y a los estados."),
    h("div", { class: "address" }, url, copy), light);
  let drawn = "";

  const poller = poll(async () => {
    const { body } = await api.read(`/admin/tenants/${tenant.id}/webhook`);
    if (drawn === JSON.stringify(body)) return;
    drawn = JSON.stringify(body);
    url.value = body.url;
    copy.replaceChildren(copyButton(body.url, "Copiar la dirección"));
    light.className = `light ${body.state}`;
    light.textContent = WORDS[body.state](body.last_signed_at ? time.short(body.last_signed_at) : "");
  }, { everyMs: EVERY_MS, onError: (error) => { if (!drawn) light.textContent = error.message; } });
  return { element, stop: () => poller.stop() };
}
