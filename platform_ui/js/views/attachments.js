import { CHOOSABLE, kindOf, problemOf } from "../attachment_rules.js";
import { size } from "../format.js";
import { h, icon } from "../html.js";
import { localPicture } from "./local_picture.js";

const MOST = 10;

/**
 * The files that are about to be sent: chosen, pasted or dropped anywhere on the page. `onChange` hears of every
 * change. Returns {button, tray, veil, files, give, clear, render, unmount}.
 */
export function attachments({ onChange }) {
  let chosen = [];
  let open = true;
  const input = h("input", { type: "file", multiple: true, accept: CHOOSABLE, hidden: true, onchange: () => { take(input.files); input.value = ""; } });
  const button = h("button", { class: "icon-button", type: "button", "aria-label": "Adjuntar archivos", title: "Adjuntar archivos", onclick: () => input.click() }, icon("clip"));
  const list = h("ul", { class: "tray-files", "aria-label": "Archivos para enviar" });
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const tray = h("div", { class: "tray", hidden: true }, list, problem, input);
  const veil = h("div", { class: "drop-veil", hidden: true }, icon("clip"), "Soltá el archivo para adjuntarlo");
  let depth = 0;

  function take(given) {
    const files = [...given];
    const refused = files.map(problemOf).filter(Boolean);
    const good = files.filter((file) => !problemOf(file));
    const room = MOST - chosen.length;
    if (good.length > room) refused.push(`Se pueden mandar hasta ${MOST} archivos por vez.`);
    chosen.push(...good.slice(0, room).map((file) => entry(file)));
    tell(refused.join(" "));
  }

  function entry(file) {
    const kind = kindOf(file.type);
    const found = { file, kind };
    const preview = kind === "image" ? localPicture(file, { onBroken: () => leave(found, `“${file.name}” no se puede leer como foto.`) })
      : icon({ video: "video", audio: "audio" }[kind] ?? "file");
    found.row = h("li", { class: "tray-file" }, h("span", { class: "tray-preview" }, preview),
      h("span", { class: "file-name" }, file.name), h("span", { class: "file-size" }, size(file.size)),
      h("button", { class: "icon-button", type: "button", "aria-label": `Quitar ${file.name}`, onclick: () => takeOut(found) }, icon("close")));
    return found;
  }

  function takeOut(found) {
    leave(found);
    button.focus();
  }

  function leave(found, why = "") {
    if (!chosen.includes(found)) return;
    chosen = chosen.filter((other) => other !== found);
    tell(why && [problem.textContent, why].filter(Boolean).join(" "));
  }

  function tell(words) {
    list.replaceChildren(...chosen.map(({ row }) => row));
    problem.textContent = words;
    problem.hidden = !words;
    tray.hidden = !chosen.length && !words;
    onChange();
  }

  // Every element on the way tells of the file's coming and going; it is gone when they are even.
  function over(next) {
    depth = Math.max(0, next);
    veil.hidden = !open || !depth;
  }

  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  const listeners = {
    paste(event) {
      if (!open || !event.clipboardData?.files.length || event.target.closest?.("dialog")) return;
      event.preventDefault();
      take(event.clipboardData.files);
    },
    dragenter: (event) => holdsFiles(event) && over(depth + 1),
    dragleave: (event) => holdsFiles(event) && over(depth - 1),
    // Refused too, or the browser would leave the panel and open the file.
    dragover: (event) => holdsFiles(event) && event.preventDefault(),
    drop(event) {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      over(0);
      if (open) take(event.dataTransfer.files);
    },
  };
  for (const [name, listener] of Object.entries(listeners)) document.addEventListener(name, listener);

  return {
    button,
    tray,
    veil,
    files: () => chosen.map(({ file, kind }) => ({ file, kind })),
    /** Those that were taken back, or recorded here. */
    give(files) {
      chosen.push(...files.slice(0, MOST - chosen.length).map(({ file }) => entry(file)));
      tell("");
    },
    clear() {
      if (!chosen.length && problem.hidden) return;
      chosen = [];
      tell("");
    },
    /** Whether files may be sent in this chat now. */
    render: (may) => { open = may; },
    unmount() {
      for (const [name, listener] of Object.entries(listeners)) document.removeEventListener(name, listener);
    },
  };
}
