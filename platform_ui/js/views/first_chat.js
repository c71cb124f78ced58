import { h, icon } from "../html.js";
import { copyButton } from "./copy.js";

const LIGHTS = {
  green: ["tick", "YCloud ya se conectó: sólo falta que alguien escriba."],
  waiting: ["clock", "Esperando la primera señal de YCloud."],
  red: ["alert", "YCloud llamó, pero la firma no coincide: revisá el secreto del webhook en Ajustes."],
};

/** What to do to get the first message, with the address that YCloud has to call. */
export function firstChat({ api, tenant }) {
  const place = h("div", { class: "first-chat-hook" });
  tell();

  async function tell() {
    try {
      const { body } = await api.read(`/admin/tenants/${tenant.id}/webhook`);
      const [sign, words] = LIGHTS[body.state] ?? LIGHTS.waiting;
      place.replaceChildren(
        h("p", { class: "first-chat-url" }, h("code", {}, body.url), copyButton(body.url, "Copiar la dirección")),
        h("p", { class: `first-chat-state ${body.state}`, role: "status" }, icon(sign), words));
    } catch {
      // Who may not see the address, or cannot now, still knows what it has to end with.
      place.replaceChildren(h("p", {}, "Termina en ", h("strong", {}, "/webhook/ycloud"), "."));
    }
  }

  return h("div", { class: "blank first-chat" }, h("h2", {}, "Todavía no hay conversaciones"),
    h("p", {}, "Escribí desde tu WhatsApp al número de la tienda: la primera aparece acá sola. En YCloud, el webhook tiene que apuntar a esta dirección:"),
    place);
}
