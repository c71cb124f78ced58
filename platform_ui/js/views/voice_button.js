import { playLength } from "../format.js";
import { h, icon, put } from "../html.js";
import { toast } from "../toast.js";

/** A press records a voice note, another ends it and hands it over: `onRecorded(file)`. Returns {element, stop}. */
export function voiceButton({ onRecorded }) {
  const start = h("button", { class: "icon-button", type: "button", "aria-label": "Grabar una nota de voz", title: "Grabar una nota de voz", onclick: begin }, icon("audio"));
  const clock = h("span", { class: "voice-clock", role: "timer", "aria-label": "Grabando" }, "0:00");
  const bar = h("span", { class: "voice", hidden: true }, h("span", { class: "voice-dot", "aria-hidden": "true" }), clock,
    h("button", { class: "icon-button", type: "button", "aria-label": "Descartar la grabación", title: "Descartar", onclick: () => end(false) }, icon("close")),
    h("button", { class: "icon-button voice-done", type: "button", "aria-label": "Terminar la grabación", title: "Terminar", onclick: () => end(true) }, icon("tick")));
  const element = h("span", { class: "voice-place" }, start, bar);
  let recording = null;
  let ticking = null;

  async function begin() {
    start.disabled = true;
    try {
      const { record, whyNoVoice } = await import("../voice.js");
      const problem = whyNoVoice();
      if (problem) throw new Error(problem);
      recording = await record({ onLongest: () => end(true) });
      const began = Date.now();
      show(true);
      put(clock, "0:00");
      ticking = setInterval(() => put(clock, playLength((Date.now() - began) / 1000)), 500);
    } catch (error) {
      toast(error.message);
    } finally {
      start.disabled = false;
    }
  }

  async function end(keep) {
    const ended = recording;
    if (!ended) return;
    recording = null;
    clearInterval(ticking);
    show(false);
    try {
      if (keep) onRecorded(await ended.stop());
      else await ended.cancel();
    } catch (error) {
      toast(error.message.endsWith(".") ? error.message : "No se pudo guardar la grabación. Probá de nuevo o adjuntá un audio.");
    }
  }

  function show(on) {
    bar.hidden = !on;
    start.hidden = on;
    (on ? bar.lastElementChild : start).focus();
  }

  return { element, stop: () => end(false) };
}
