// A voice note recorded in the browser. WhatsApp itself makes Ogg with Opus; not every browser can.

const FORMATS = [["audio/ogg;codecs=opus", "ogg"], ["audio/mp4", "m4a"], ["audio/webm", "webm"]];
const LONGEST_MS = 5 * 60_000;

/** Starts the microphone. `stop()` gives {blob, name, mime, seconds}; `cancel()` throws everything away. */
export async function startRecording() {
  if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) {
    throw new Error("Este navegador no deja grabar acá (hace falta https o 127.0.0.1).");
  }
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true }).catch((error) => { throw new Error(refusal(error)); });
  const [format, ending] = FORMATS.find(([type]) => MediaRecorder.isTypeSupported(type)) ?? ["", "webm"];
  const recorder = new MediaRecorder(stream, format ? { mimeType: format } : {});
  const pieces = [];
  const started = performance.now();
  recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
  const ended = new Promise((resolve) => { recorder.addEventListener("stop", resolve, { once: true }); });
  const guard = setTimeout(() => recorder.state === "recording" && recorder.stop(), LONGEST_MS);
  recorder.start();

  async function finish() {
    clearTimeout(guard);
    if (recorder.state !== "inactive") recorder.stop();
    await ended;
    for (const track of stream.getTracks()) track.stop();
  }

  return {
    seconds: () => (performance.now() - started) / 1000,
    cancel: finish,
    async stop() {
      const seconds = (performance.now() - started) / 1000;
      await finish();
      const mime = (recorder.mimeType || format || "audio/webm").replace(/;\s*/, "; ");
      return { blob: new Blob(pieces, { type: mime }), name: `nota-de-voz.${ending}`, mime, seconds };
    },
  };
}

function refusal(error) {
  if (error.name === "NotAllowedError") return "El navegador no tiene permiso para usar el micrófono.";
  if (error.name === "NotFoundError") return "No hay un micrófono conectado.";
  return "No se pudo usar el micrófono.";
}
