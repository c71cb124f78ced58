import { cannedPart } from "./canned_editor.js";
import { knowledgePart } from "./knowledge_texts.js";
import { viewOfParts } from "./page.js";
import { denied } from "./states.js";
import { tryPart } from "./test_chat.js";

/** What the bot knows, what people answer with one key, and the place to ask it something. */
export const view = viewOfParts("conocimiento", "Conocimiento", ({ can }) => [
  ...(can("settings") ? [["", "Lo que sabe el bot", knowledgePart]] : []),
  [can("settings") ? "probar" : "", "Probá al bot", can("test") ? tryPart : (place) => place.append(denied("La prueba del bot"))],
  ["respuestas", "Respuestas rápidas", cannedPart],
]);
