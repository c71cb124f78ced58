import { size } from "../format.js";
import { h, icon, richText } from "../html.js";
import { typeName } from "../words.js";
import { audioPlayer } from "./audio_player.js";
import { localPicture } from "./local_picture.js";

const FILES = new Set(["image", "video", "audio", "document", "sticker"]);
const COMING = { image: "Bajando la foto…", video: "Bajando el video…", audio: "Bajando el audio…", document: "Bajando el documento…", sticker: "Bajando el sticker…" };
const LOST = { image: "No se pudo traer la foto.", video: "No se pudo traer el video.", audio: "No se pudo traer el audio.", document: "No se pudo traer el documento.", sticker: "No se pudo traer el sticker." };

/** Whether a message is a file, there or not yet. */
export const hasFile = (message) => FILES.has(message.type) || Boolean(message.media);

/**
 * The file of a message, in a place that is kept for it from the start so that nothing moves when it arrives.
 * `keep(name, signature, make)` keeps what must survive a new drawing of its bubble: a picture, a playing audio.
 */
export function mediaOf(message, { fileUrl, keep }) {
  const type = message.media?.type ?? message.type;
  if (message.file) return keep("file", "local", () => localFile(message.file, type));
  const address = openable(message.media?.url, fileUrl);
  if (address) return keep("file", address, () => shown(type, address, message));
  if (message.media_state === "waiting") return awaited(type);
  return h("p", { class: "file-lost" }, icon("alert"), message.media_problem || LOST[type] || "No se pudo traer el archivo.");
}

/** What was said in an audio: the words, that they are on their way, or why there are none and how to try again. */
export function transcriptOf(message, onTranscribe) {
  if (message.media_state === "waiting") return null;
  if (message.transcript_state === "waiting") return h("p", { class: "transcript quiet" }, "Transcribiendo…");
  if (message.transcript_state === "failed") {
    return h("p", { class: "transcript quiet" }, `${message.transcript_problem || "No se pudo transcribir el audio."} `,
      onTranscribe && h("button", { class: "link", type: "button", onclick: () => onTranscribe(message) }, "Transcribir de nuevo"));
  }
  const again = onTranscribe && message.media && h("button", { class: "link", type: "button", onclick: () => onTranscribe(message) }, "Transcribir de nuevo");
  if (message.transcript_state !== "done") return message.content ? h("span", { class: "bubble-text" }, richText(message.content)) : null;
  if (!message.content) return h("p", { class: "transcript quiet" }, "No se oyen palabras. ", again);
  return h("div", { class: "transcript" }, h("span", { class: "transcript-label" }, h("span", {}, "Transcripción"), again && [" · ", again]),
    h("span", { class: "bubble-text" }, richText(message.content)));
}

function shown(type, address, message) {
  const { media } = message;
  if (type === "image") return picture(address, message.content ? "" : "Foto");
  if (type === "sticker") return h("img", { class: "sticker", src: address, alt: "Sticker", width: "128", height: "128", decoding: "async" });
  if (type === "video") return h("video", { class: "bubble-video", src: address, controls: true, preload: "metadata", playsinline: true, "aria-label": "Video" });
  if (type === "audio") return audioPlayer({ address, seconds: media.seconds });
  const name = media.name || typeName(type);
  return h("a", { class: "bubble-file", href: address, target: "_blank", rel: "noopener noreferrer", download: media.name || true, "aria-label": `Descargar ${name}` },
    icon("file"), h("span", { class: "file-name" }, name), h("span", { class: "file-size" }, aboutFile(media)));
}

function picture(address, alt) {
  const image = h("img", { src: address, alt, loading: "lazy", decoding: "async" });
  image.addEventListener("error", () => image.replaceWith(h("span", { class: "picture-lost" }, "No se pudo cargar la foto")));
  return h("a", { class: "bubble-picture", href: address, target: "_blank", rel: "noopener noreferrer", "aria-label": "Abrir la imagen" }, image);
}

function awaited(type) {
  const place = { image: "bubble-picture", video: "bubble-picture", sticker: "sticker", audio: "player" }[type] ?? "bubble-file";
  return h("p", { class: `${place} awaited` }, icon("clock"), COMING[type] ?? "Bajando el archivo…");
}

function localFile(file, type) {
  if (type === "image") return h("span", { class: "bubble-picture" }, localPicture(file));
  return h("p", { class: "bubble-file" }, icon(type === "audio" ? "audio" : "file"),
    h("span", { class: "file-name" }, file.name), h("span", { class: "file-size" }, size(file.size)));
}

/** "PDF · 120 KB": by the name's ending, else by the type. */
function aboutFile({ name, mime, size: bytes }) {
  const ending = /\.(\w{1,5})$/.exec(name ?? "")?.[1] ?? (mime ?? "").split("/").pop().slice(0, 5);
  return [ending.toUpperCase(), bytes && size(bytes)].filter(Boolean).join(" · ");
}

/** The address as the browser may open it: ours, or http(s); anything else is not linked. */
function openable(url, fileUrl) {
  if (!url) return null;
  const address = fileUrl(url);
  if (!URL.canParse(address, location.href)) return null;
  return /^https?:$/.test(new URL(address, location.href).protocol) ? address : null;
}
