import { listSamples, uploadMedia } from "./api.js";
import { field, formDialog } from "./form_dialog.js";
import { h, icon } from "./dom.js";
import { clock, phone as readable, readPhone, size } from "./format.js";
import { openMenu } from "./menu.js";

const PLACE = { name: "Obelisco", address: "Av. 9 de Julio s/n, CABA", latitude: "-34.60374", longitude: "-58.38158" };
const PERSON = { name: "Abril Cabrera", phone: "+5491155550188" };
const CAPTION_MOST = "1024";
const TITLES = { image: "Mandar la foto", video: "Mandar el video" };
let samples = null;

/** What kind of message a file is: its type's first word, or a document. */
const kindOf = (mime) => (/^(image|audio|video)\//.exec(mime)?.[1] ?? "document");

/** The samples, asked for once; without the simulator, none for now. */
export async function knownSamples() {
  samples ??= listSamples().catch(() => { samples = null; return []; });
  return samples;
}

/** A sample as a message; its kind is the message's type. */
export const sampleMessage = (sample) => mediaMessage({ ...sample, url: `/sandbox/media/${sample.id}` }, { type: sample.kind });

function mediaMessage(media, { type = kindOf(media.mime), caption = "" } = {}) {
  return {
    type,
    text: caption,
    media: { url: media.url, mime: media.mime, name: media.name, size: media.size, transcript: media.transcript },
    request: { type, media_id: media.id, ...(caption && { caption }), ...(type === "document" && { filename: media.name }) },
  };
}

/** The attach menu; `send(message)` gets what was chosen. */
export async function openAttachments(anchor, send) {
  const ready = await knownSamples();
  const voices = ready.filter((sample) => sample.kind === "audio");
  const others = ready.filter((sample) => sample.kind !== "audio");
  openMenu(anchor, "Adjuntar", [
    { title: "Adjuntar", items: [
      { label: "Foto o video", icon: "image", act: () => pickFile("image/jpeg,image/png,video/mp4,video/3gpp", (file) => askCaption(file, send)) },
      { label: "Documento", icon: "file", act: () => pickFile("", (file) => askCaption(file, send, "document")) },
      { label: "Ubicación", icon: "pin", act: () => askPlace(send) },
      { label: "Contacto", icon: "person", act: () => askPerson(send) },
    ] },
    others.length && { title: "De ejemplo, en un toque", items: others.map((sample) => ({
      label: sampleName(sample), icon: sampleIcon(sample), act: () => send(sampleMessage(sample)),
    })) },
    voices.length && { title: "Audios de ejemplo", items: voices.map((sample) => ({
      label: `«${sample.transcript}»`, icon: "mic", act: () => send(sampleMessage(sample)),
    })) },
  ].filter(Boolean));
}

const sampleIcon = (sample) => ({ sticker: "sticker", image: "image" })[sample.kind] ?? "file";
const sampleName = (sample) => ({ "foto-zapatilla": "Foto de una zapatilla", comprobante: "Comprobante en PDF", sticker: "Sticker" })[sample.id] ?? sample.name;

let picker = null;

/** The browser's own file picker. */
export function pickFile(accept, use) {
  picker = h("input", { type: "file", accept });
  picker.addEventListener("change", () => picker.files[0] && use(picker.files[0]));
  picker.click();
}

/** Shows the file and asks for its caption, then puts it into the simulator and sends it. */
export function askCaption(file, send, type = kindOf(file.type)) {
  const mime = file.type || "application/octet-stream";
  const caption = field("Texto (opcional)", {}, { control: h("textarea", { rows: "2", maxlength: CAPTION_MOST }) });
  formDialog({
    title: TITLES[type] ?? "Mandar el archivo",
    body: [h("div", { class: "preview" }, type === "image" ? preview(file) : icon("file"),
      h("span", { class: "card-words" }, h("strong", {}, file.name), h("small", {}, size(file.size)))), type !== "audio" && caption.element],
    submit: "Enviar",
    onSubmit: async () => {
      const stored = await uploadMedia(file, { name: file.name, mime });
      await send(mediaMessage({ name: file.name, ...stored }, { type, caption: caption.control.value.trim() }));
    },
  });
}

/** The picture as it will look; the page's rules allow no blob addresses, so it is read whole. */
function preview(file) {
  const image = h("img", { alt: "", class: "preview-image" });
  const reader = new FileReader();
  reader.addEventListener("load", () => { image.src = reader.result; });
  reader.readAsDataURL(file);
  return image;
}

/** Asks what a recording says (the simulated transcriber only knows what it is told) and sends it. */
export function askTranscript(recording, send, afterwards) {
  const words = field("¿Qué dice?", {}, {
    control: h("textarea", { rows: "3", maxlength: "2000", placeholder: "Hola, ¿tenés puntas talle 37?" }),
    hint: "El transcriptor de mentira no escucha: contesta lo que escribas. Vacío es un audio que no se entiende.",
  });
  const dialog = formDialog({
    title: `Tu audio de ${clock(recording.seconds)}`,
    body: words.element,
    submit: "Enviar audio",
    cancel: "Descartar",
    onSubmit: async () => {
      const transcript = words.control.value.trim();
      const stored = await uploadMedia(recording.blob, { name: recording.name, mime: recording.mime, transcript });
      await send(mediaMessage({ name: recording.name, mime: recording.mime, ...stored, transcript }, { type: "audio" }));
    },
  });
  dialog.addEventListener("close", afterwards);
}

function askPlace(send) {
  const fields = {
    name: field("Nombre", { value: PLACE.name, maxlength: "100" }),
    address: field("Dirección", { value: PLACE.address, maxlength: "200" }),
    latitude: field("Latitud", { value: PLACE.latitude, required: true, type: "number", step: "any", min: "-90", max: "90" }),
    longitude: field("Longitud", { value: PLACE.longitude, required: true, type: "number", step: "any", min: "-180", max: "180" }),
  };
  formDialog({
    title: "Mandar una ubicación",
    body: [fields.name.element, fields.address.element, h("div", { class: "field-pair" }, fields.latitude.element, fields.longitude.element)],
    submit: "Enviar",
    onSubmit: async () => {
      const typed = (key) => fields[key].control.value.trim();
      const spot = { latitude: Number(typed("latitude")), longitude: Number(typed("longitude")) };
      const content = { ...spot, ...(typed("name") && { name: typed("name") }), ...(typed("address") && { address: typed("address") }) };
      await send({ type: "location", text: "", location: content, request: { type: "location", content } });
    },
  });
}

function askPerson(send) {
  const name = field("Nombre", { value: PERSON.name, required: true, maxlength: "60" });
  const number = field("Número", { value: readable(PERSON.phone), required: true, inputmode: "tel" });
  formDialog({
    title: "Mandar un contacto",
    body: [name.element, number.element],
    submit: "Enviar",
    onSubmit: async () => {
      const [full, phone] = [name.control.value.trim(), readPhone(number.control.value)];
      if (!phone) throw new Error("Ese número no es de un celular: probá con 351 555 0123.");
      const content = [{
        name: { formatted_name: full, first_name: full.split(" ")[0] },
        phones: [{ phone: readable(phone), type: "CELL", wa_id: phone.slice(1) }],
      }];
      await send({ type: "contacts", text: "", contacts: content, request: { type: "contacts", content } });
    },
  });
}
