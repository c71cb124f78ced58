// Recording a voice note in a form that WhatsApp takes.

import { oggFromWebm } from "./ogg_opus.js";

const OGG = "audio/ogg;codecs=opus";
const WEBM = "audio/webm;codecs=opus";
const LONGEST_MS = 10 * 60_000;

/** Why nothing can be recorded here, in words; "" when it can. */
export function whyNoVoice() {
  if (!isSecureContext) return "Para grabar hay que abrir el panel por https: el navegador no da el micrófono en esta dirección.";
  if (!navigator.mediaDevices?.getUserMedia || typeof MediaRecorder === "undefined") return "Este navegador no graba audio.";
  // What Safari records (AAC in fragments) WhatsApp does not take for sure: better no note than one that does not arrive.
  return formatHere() ? "" : "Este navegador graba en un formato que WhatsApp no acepta. Grabá con Chrome, Edge o Firefox, o adjuntá un audio.";
}

const formatHere = () => [OGG, WEBM].find((format) => MediaRecorder.isTypeSupported(format));

/**
 * Starts recording; asks for the microphone. Resolves to {stop, cancel}: `stop()` resolves to the File, Ogg with
 * Opus. `onLongest` is told when it has become as long as a note may be. Throws Error with words for people.
 */
export async function record({ onLongest }) {
  const stream = await microphone();
  const recorder = new MediaRecorder(stream, { mimeType: formatHere(), audioBitsPerSecond: 32_000 });
  const parts = [];
  recorder.addEventListener("dataavailable", ({ data }) => data.size && parts.push(data));
  const ended = new Promise((resolve) => recorder.addEventListener("stop", resolve, { once: true }));
  const timer = setTimeout(onLongest, LONGEST_MS);
  recorder.start();

  async function end() {
    clearTimeout(timer);
    if (recorder.state !== "inactive") recorder.stop();
    await ended;
    for (const track of stream.getTracks()) track.stop();
  }

  return {
    cancel: end,
    async stop() {
      await end();
      const whole = new Blob(parts);
      if (!whole.size) throw new Error("No se grabó nada. Fijate que el micrófono esté conectado.");
      const bytes = new Uint8Array(await whole.arrayBuffer());
      const ogg = recorder.mimeType.startsWith("audio/ogg") ? bytes : oggFromWebm(bytes);
      return new File([ogg], "nota-de-voz.ogg", { type: "audio/ogg" });
    },
  };
}

async function microphone() {
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true } });
  } catch (error) {
    const why = {
      NotAllowedError: "El navegador no dio permiso para el micrófono: se habilita en el candado de la barra de direcciones.",
      NotFoundError: "No hay ningún micrófono conectado.",
    };
    throw new Error(why[error.name] ?? "No se pudo abrir el micrófono: puede que otro programa lo esté usando.");
  }
}
