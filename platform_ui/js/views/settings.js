import { h } from "../html.js";
import { auditPart } from "./audit.js";
import { credentialsPart } from "./credentials.js";
import { lazily } from "./lazy_part.js";
import { mailPart } from "./mail.js";
import { mountNotices } from "./notices.js";
import { viewOfParts } from "./page.js";
import { peoplePart } from "./people.js";
import { denied } from "./states.js";

/** The keys to everybody else's systems, the people, who changed what, and one's own notices. */
export const view = viewOfParts("ajustes", "Ajustes", () => [
  ["", "Tienda Nube", guarded(credentialsPart("tiendanube"))],
  ["ycloud", "WhatsApp", guarded(credentialsPart("ycloud"))],
  ["llm", "Modelo", guarded(credentialsPart("llm"))],
  ["handoff", "Derivación y correo", guarded(mailPart)],
  ["personas", "Personas", guarded(peoplePart)],
  ["privacidad", "Privacidad", guarded(lazily(() => import("./privacy.js"), "privacyPart"))],
  ["cambios", "Quién cambió qué", guarded(auditPart)],
  ["avisos", "Avisos", noticesPart],
]);

function guarded(mount) {
  return (place, context, route) => {
    if (context.can("settings")) return mount(place, context, route);
    place.append(denied("Los ajustes"));
    return () => {};
  };
}

function noticesPart(place, context) {
  const card = h("section", { class: "card" }, h("h2", {}, "Cómo te avisa este navegador"));
  place.append(card);
  return mountNotices(card, context);
}
