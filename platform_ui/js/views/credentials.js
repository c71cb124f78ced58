import { clock } from "../format.js";
import { h } from "../html.js";
import { credentialCard } from "./credential_card.js";
import { TEST_TIMEOUT_MS } from "./live_test.js";
import { previousSecretCard } from "./previous_secret.js";
import { loadInto } from "./states.js";
import { webhookCard } from "./webhook_card.js";

const KINDS = {
  tiendanube: {
    title: "Tienda Nube",
    lead: "Con estas claves el bot lee tus productos y pedidos. No cambia nada en tu tienda.",
    fields: [
      { name: "store_id", label: "Número de tienda", shown: true, hint: "Está en tu panel de Tienda Nube, en Mis aplicaciones." },
      { name: "access_token", label: "Token de acceso" },
      { name: "client_secret", label: "Secreto de la aplicación", optional: true, hint: "Para que los avisos de Tienda Nube refresquen el catálogo al instante." },
    ],
  },
  ycloud: {
    title: "YCloud (WhatsApp)",
    lead: "YCloud es quien manda y trae los mensajes de WhatsApp.",
    fields: [
      { name: "api_key", label: "Clave de la API", hint: "En YCloud: Developers, API Keys." },
      { name: "webhook_secret", label: "Secreto del webhook", hint: "YCloud lo muestra al crear el webhook con la dirección de abajo. Si lo cambiás, el anterior sigue valiendo un día." },
      { name: "webhook_endpoint_id", label: "Identificador del webhook", shown: true, optional: true },
    ],
  },
  llm: {
    title: "Modelo de lenguaje",
    lead: "El que piensa las respuestas. Lo que dejes vacío lo pone la instalación.",
    fields: [
      { name: "api_key", label: "Clave de la API", optional: true },
      { name: "base_url", label: "Dirección de la API", shown: true, optional: true, placeholder: "https://api.openai.com/v1" },
      { name: "model", label: "Modelo", shown: true, optional: true },
    ],
  },
};

/** The part of one kind of credentials: its fields, its test, and for WhatsApp the address to give to YCloud. */
export function credentialsPart(kind) {
  return (place, context) => {
    const { api, tenant } = context;
    const path = `/admin/tenants/${tenant.id}/credentials`;
    const time = clock(tenant.time_zone);
    let stopLight = () => {};
    const { stop } = loadInto(place, {
      load: async () => (await api.read(path)).body,
      draw: (found) => {
        const light = kind === "ycloud" ? webhookCard({ api, tenant, time }) : null;
        const previous = kind === "ycloud" ? previousSecretCard({ api, path, time }) : null;
        previous?.draw(found._previous_secret);
        stopLight = light?.stop ?? stopLight;
        return h("div", { class: "column" }, credentialCard({
          ...KINDS[kind], kind, time, values: found[kind] ?? {}, tested: found._tests?.[kind] ?? null,
          save: (values) => api.put(`${path}/${kind}`, values).finally(() => previous?.refresh().catch(() => {})),
          test: () => api.write(`${path}/${kind}/test`, {}, TEST_TIMEOUT_MS),
        }), previous?.element, light?.element);
      },
      what: "Las credenciales",
    });
    return () => {
      stop();
      stopLight();
    };
  };
}
