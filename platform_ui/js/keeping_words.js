// What a shorter time to keep things would do, in words; no element is touched here.

import { size } from "./format.js";

/** What would go, in a sentence or three. */
export function outcome({ before, messages, chats, chats_gone: gone, files, bytes, held }, time) {
  const kept = held ? ` ${many(held, "chat viejo espera", "chats viejos esperan")} a alguien: se ${held === 1 ? "borra" : "borran"} cuando se ${held === 1 ? "atienda" : "atiendan"}.` : "";
  if (!messages) return `Con este plazo no se borra nada esta noche: no hay mensajes anteriores al ${time.date(before)}.${kept}`;
  const pictures = files ? ` y ${many(files, "archivo", "archivos")} (${size(bytes)})` : "";
  const away = gone ? ` ${gone === 1 ? "Desaparece" : "Desaparecen"} ${many(gone, "chat que no tiene", "chats que no tienen")} nada más nuevo.` : "";
  return `Con este plazo, esta noche se ${messages === 1 && !files ? "borra" : "borran"} ${many(messages, "mensaje", "mensajes")}${pictures} de ${many(chats, "chat", "chats")}, lo anterior al ${time.date(before)}.${away}${kept}`;
}

const many = (number, one, more) => `${number.toLocaleString("es-AR")} ${number === 1 ? one : more}`;
