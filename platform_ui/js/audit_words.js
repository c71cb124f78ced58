// What a change is called in front of people.

import { roleName } from "./roles.js";

const SUBJECTS = {
  tenant: "la tienda", credentials: "las credenciales", handoff: "la derivación", person: "una persona", agenda: "la agenda",
  appointment: "un turno", conversation: "un chat", canned_reply: "una respuesta rápida", label: "una etiqueta", note: "una nota", message: "un mensaje",
  bot_settings: "los ajustes del bot", knowledge: "lo que sabe el bot", prompt_version: "una versión del bot", synonyms: "los sinónimos",
  consent: "para qué se le puede escribir a un cliente", privacy: "un pedido de privacidad",
};
const VERBS = {
  create: "creó", insert: "creó", update: "cambió", delete: "borró", remove: "borró", test: "probó", send: "envió", invite: "invitó a",
  reset: "cambió la contraseña de", password: "cambió la contraseña de", retry: "reintentó", handoff: "derivó", pause: "pausó", resume: "devolvió al bot",
};
const FIELDS = {
  store_name: "nombre", bot_phone_number: "número del bot", store_website: "sitio web", store_description: "descripción", store_catalog_knowledge: "lo que sabe del catálogo",
  store_location: "zona", store_address: "dirección", shipping_partners: "envíos", system_prompt: "instrucciones", time_zone: "huso horario", lockout_hours: "horas en silencio",
  bot_enabled: "bot", inbox_replies_pause: "pausa desde YCloud", ignore_app_greeting: "saludo del teléfono", voice_vocabulary: "palabras de los audios", business_hours: "horario",
  keep_messages_days: "días de los mensajes", keep_traces_days: "días de «Por qué»", keep_events_days: "días del registro", keep_audit_days: "días de los cambios", alert_emails: "avisos por correo", purpose: "para qué", state: "qué dijo",
  destination_email: "correo de destino", smtp_host: "servidor", smtp_port: "puerto", smtp_security: "seguridad", smtp_username: "usuario", smtp_password: "contraseña", smtp_password_enc: "contraseña",
  handoff_message: "mensaje al cliente", enabled: "prendido", role: "rol", name: "nombre", email: "e-mail", status: "estado", human_override_until: "bot callado hasta",
  assigned_to: "asignado a", shortcut: "atajo", text: "texto", minutes: "minutos", active: "activo", color: "color", api_key: "clave", webhook_secret: "secreto del webhook",
  access_token: "token", client_secret: "secreto", base_url: "dirección", model: "modelo", store_id: "número de tienda", value: "valor", starts_at: "empieza", ends_at: "termina",
  closes_on_holidays: "cierra los feriados", reminder_hours: "recordatorios", opens: "abre", closes: "cierra", labels: "etiquetas", label_id: "etiqueta", vision: "fotos", shadow_mode: "sólo borradores", draft_orders: "links de pago", back_in_stock: "aviso de vuelta", fallback_model: "modelo de reserva",
  human_topics: "sólo humanos", tone: "tono", persona_name: "nombre del bot", persona_notes: "cómo es", question: "pregunta", answer: "respuesta", note: "nota", copy_of: "vuelve a",
  monthly_token_ceiling: "tope de tokens", monthly_cost_ceiling_usd: "tope en dólares", kind: "qué", field: "campo", override_cause: "motivo de la pausa",
};

const KINDS = { tiendanube: "las credenciales de Tienda Nube", ycloud: "las credenciales de YCloud", llm: "las credenciales del modelo" };

/** "cambió la tienda" of "tenant.update"; `nameOf(user)` says who a person is. */
export function actionWords({ action, subject, subject_id: id }, nameOf = () => "") {
  const verb = action.split(".").at(-1);
  if (subject === "credentials") return `${verb === "create" ? "cargó" : VERBS[verb] ?? verb} ${KINDS[id] ?? SUBJECTS.credentials}`;
  if (subject === "person") return `${verb === "create" ? "sumó a" : verb === "delete" ? "sacó a" : VERBS[verb] ?? verb} ${nameOf(id) || "una persona"}`;
  return `${VERBS[verb] ?? verb} ${SUBJECTS[subject] ?? subject}`;
}

/** The changes worth reading: a flag that a new thing does not have says nothing. */
export const worthReading = ({ field, before, after }) => !(field === "is_platform_admin" && !before && !after);

/** The kinds of subjects for a filter: [key, words]. */
export const SUBJECT_CHOICES = Object.entries(SUBJECTS).map(([key, words]) => [key, words.replace(/^(la|las|un|una) /, "")]);

/** What a field is called. */
export const fieldWords = (field) => FIELDS[field] ?? field.replaceAll("_", " ");

/** A value as a short text. */
export function valueWords(value, field = "") {
  if (field === "role" && value) return roleName(value);
  if (value === null || value === undefined || value === "") return "nada";
  if (value === true) return "sí";
  if (value === false) return "no";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}
