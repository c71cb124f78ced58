// What may be sent as a file (ycloud.md 5), said before anything is uploaded; the server looks at the bytes as well.

import { size } from "./format.js";

const LARGEST = 16 * 1024 * 1024;
// The server makes a JPEG of the last two.
const PICTURES = new Set(["image/jpeg", "image/png", "image/webp", "image/gif"]);
const VIDEOS = new Set(["video/mp4", "video/3gpp"]);
const SOUNDS = new Set(["audio/aac", "audio/amr", "audio/mpeg", "audio/mp3", "audio/mp4", "audio/x-m4a", "audio/m4a", "audio/ogg"]);
const DOCUMENT = /\.(pdf|docx?|xlsx?|pptx?|txt)$/i;

export const CAPTION_LIMIT = 1024;

/** What a file chooser offers. */
export const CHOOSABLE = [...PICTURES, ...VIDEOS, ...SOUNDS, ".pdf", ".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".txt"].join(",");

/** image, video, audio or document, by the browser's type of the file. */
export function kindOf(mime) {
  if (PICTURES.has(mime)) return "image";
  if (VIDEOS.has(mime)) return "video";
  return SOUNDS.has(mime) ? "audio" : "document";
}

/** Why this file cannot be sent, in words; "" when it can. */
export function problemOf({ name, type, size: bytes }) {
  if (!bytes) return `“${name}” está vacío.`;
  const family = kindOf(type) === "document" ? type.split("/")[0] : "";
  if (family === "image") return `WhatsApp no acepta “${name}” como foto: guardala como JPG o PNG.`;
  if (family === "video") return `WhatsApp no acepta “${name}” como video: guardalo como MP4.`;
  if (family === "audio") return `WhatsApp no acepta “${name}” como audio: guardalo como MP3, M4A u OGG.`;
  if (kindOf(type) === "document" && !DOCUMENT.test(name)) {
    return `WhatsApp no acepta “${name}”: se pueden mandar fotos, videos MP4, audios, PDF, Word, Excel, PowerPoint y texto (.txt).`;
  }
  return bytes > LARGEST ? `“${name}” pesa ${size(bytes)}: se pueden mandar archivos de hasta ${size(LARGEST)}.` : "";
}
