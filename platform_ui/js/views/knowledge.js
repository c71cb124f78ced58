import { lazily } from "./lazy_part.js";
import { viewOfParts } from "./page.js";
import { denied } from "./states.js";

const tryIt = lazily(() => import("./test_chat.js"), "tryPart");
const canned = ["respuestas", "Respuestas rápidas", lazily(() => import("./canned_editor.js"), "cannedPart")];

/** What the bot is and knows, its versions, the place to ask it something, and what people answer with one key. */
export const view = viewOfParts("conocimiento", "Conocimiento", ({ can }) => (can("settings") ? [
  ["", "Textos", lazily(() => import("./knowledge_texts.js"), "knowledgePart")],
  ["tono", "Tono y persona", lazily(() => import("./knowledge_voice.js"), "voicePart")],
  ["humanos", "Sólo humanos", lazily(() => import("./knowledge_topics.js"), "topicsPart")],
  ["versiones", "Versiones", lazily(() => import("./knowledge_versions.js"), "versionsPart")],
  ["probar", "Probá al bot", tryIt],
  ["catalogo", "Catálogo", lazily(() => import("./knowledge_catalogue.js"), "cataloguePart")],
  ["bot", "Ajustes del bot", lazily(() => import("./knowledge_bot.js"), "botPart")],
  canned,
] : [
  ["", "Probá al bot", can("test") ? tryIt : (place) => place.append(denied("La prueba del bot"))],
  canned,
]));
