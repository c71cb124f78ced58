import { clock } from "../format.js";
import { h } from "../html.js";
import { toast } from "../toast.js";
import { anyUnsaved } from "../unsaved.js";
import { formCard } from "./form_card.js";
import { TEST_TIMEOUT_MS, outcomeOf, testButton } from "./live_test.js";
import { loadInto } from "./states.js";

/** Where a handoff's e-mail goes, by which server, and what the customer is told meanwhile. */
export function mailPart(place, { api, tenant }) {
  const path = `/admin/tenants/${tenant.id}/handoff`;
  const time = clock(tenant.time_zone);
  const { stop } = loadInto(place, {
    load: async () => {
      const [config, credentials] = await Promise.all([api.read(path), api.read(`/admin/tenants/${tenant.id}/credentials`)]);
      return { config: config.body, tested: credentials.body._tests?.handoff ?? null };
    },
    draw: ({ config, tested }) => {
      const save = (changed) => api.put(path, changed);
      const outcome = h("div", { "aria-live": "polite" }, tested?.tested_at
        ? outcomeOf({ ok: tested.tested_ok, message: tested.tested_message }, `${time.short(tested.tested_at)}${tested.tested_by ? ` · ${tested.tested_by}` : ""}`) : null);
      const server = serverCard(config, save);
      return h("div", { class: "column" }, whoCard(config, save).element, server.element,
        h("section", { class: "card", "aria-labelledby": "mail-test" }, h("h2", { id: "mail-test" }, "Probar el correo"),
          h("p", { class: "card-lead" }, "Manda un correo de prueba al destino, con lo guardado."), outcome,
          h("div", { class: "card-foot" }, testButton({ test: () => api.write(`${path}/test`, {}, TEST_TIMEOUT_MS), outcome, label: "Mandar una prueba", busy: "Mandando…", before: nothingUnsaved }))));
    },
    what: "El correo",
  });
  return stop;
}

function nothingUnsaved() {
  if (anyUnsaved()) toast("Guardá primero: la prueba usa lo guardado.");
  return !anyUnsaved();
}

const whoCard = (config, save) => formCard({
  title: "Derivar a una persona",
  lead: "Cuando el bot deriva, se calla y le avisa por correo a quien atiende.",
  values: config,
  save,
  fields: [
    { name: "enabled", kind: "switch", label: "Avisar por correo", hint: "Apagado, los chats que esperan igual se ven en Chats." },
    { name: "destination_email", kind: "email", label: "Correo de quien atiende", inputmode: "email" },
    { name: "handoff_message", kind: "area", rows: 3, label: "Lo que se le dice al cliente", optional: true, hint: "Vacío, el bot lo dice con sus palabras." },
  ],
});

function serverCard(config, save) {
  const withSecret = (found) => ({ ...found, smtp_password: "" });
  return formCard({
    title: "Servidor de correo (SMTP)",
    lead: "El mismo que usa tu programa de correo. Con él salen también las invitaciones y los códigos para cambiar la contraseña.",
    values: withSecret(config),
    save: async (changed) => withSecret(await save(changed)),
    fields: [
      { name: "smtp_host", label: "Servidor", placeholder: "smtp.gmail.com" },
      { name: "smtp_port", kind: "number", label: "Puerto", hint: "465 con SSL, 587 con STARTTLS." },
      { name: "smtp_security", kind: "select", label: "Seguridad", required: true, options: [["SSL", "SSL"], ["STARTTLS", "STARTTLS"], ["NONE", "Ninguna"]] },
      { name: "smtp_username", label: "Usuario" },
      { name: "smtp_password", kind: "secret", label: "Contraseña", placeholder: config.smtp_password_set ? "•••• guardada" : "", hint: config.smtp_password_set ? "Hay una guardada; escribí otra para cambiarla." : "Con Gmail hace falta una contraseña de aplicación." },
    ],
  });
}
