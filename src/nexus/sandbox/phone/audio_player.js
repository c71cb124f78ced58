import { h, icon } from "./dom.js";
import { clock } from "./format.js";

/** Beyond the end of any voice note. */
const FAR_SECONDS = 1e7;
let playing = null;

/** A voice note's player: play and pause, where it stands, its time. One plays at a time on the whole page. */
export function audioPlayer(address, name) {
  // Never part of the page, so that a bubble drawn anew does not cut it off.
  const audio = new Audio();
  audio.preload = "metadata";
  audio.src = address;
  const button = h("button", { type: "button", class: "player-button", "data-key": "play", "aria-label": "Reproducir", onclick: toggle }, icon("play"));
  const slider = h("input", { type: "range", min: "0", max: "100", step: "0.1", value: "0", "data-key": "seek", "aria-label": `Posición del ${name}` });
  const time = h("span", { class: "player-time" }, "0:00");
  const element = h("div", { class: "player", role: "group", "aria-label": name }, button, slider, time);

  function toggle() {
    if (!audio.paused) return audio.pause();
    if (playing && playing !== audio) playing.pause();
    playing = audio;
    audio.play().catch(lost);
  }

  function lost() {
    element.classList.add("player-lost");
    button.disabled = slider.disabled = true;
    time.textContent = "No se pudo cargar";
  }

  // A recording that a browser made does not know its own length until somebody looks for its end.
  let measuring = false;
  function measure() {
    if (audio.duration === Infinity) {
      measuring = true;
      audio.currentTime = FAR_SECONDS;
    } else if (measuring && Number.isFinite(audio.duration)) {
      measuring = false;
      audio.currentTime = 0;
    }
  }

  const length = () => (Number.isFinite(audio.duration) ? audio.duration : 0);

  function draw() {
    if (measuring) return;
    const stands = audio.currentTime;
    const going = !audio.paused && !audio.ended;
    const share = length() ? (stands / length()) * 100 : 0;
    slider.value = String(share);
    slider.style.setProperty("--played", `${share}%`);
    slider.setAttribute("aria-valuetext", `${clock(stands)} de ${clock(length())}`);
    time.textContent = clock(going || stands > 0 ? stands : length());
    const name = going ? "pause" : "play";
    if (button.dataset.shows === name) return;
    button.dataset.shows = name;
    button.setAttribute("aria-label", going ? "Pausar" : "Reproducir");
    button.replaceChildren(icon(name));
  }

  slider.addEventListener("input", () => {
    if (length()) audio.currentTime = (Number(slider.value) / 100) * length();
  });
  for (const change of ["loadedmetadata", "durationchange"]) audio.addEventListener(change, measure);
  audio.addEventListener("ended", () => { audio.currentTime = 0; });
  for (const change of ["loadedmetadata", "durationchange", "timeupdate", "play", "pause", "ended", "seeked"]) audio.addEventListener(change, draw);
  audio.addEventListener("error", lost);
  return element;
}
