import { playLength } from "../format.js";
import { h, icon } from "../html.js";

const SPEEDS = [1, 1.5, 2];
let speed = SPEEDS[0];
let sounding = null;

/** A recording with its own controls: play, place, length and speed. `seconds` is known before a byte is loaded. */
export function audioPlayer({ address, seconds }) {
  const sound = h("audio", { src: address, preload: "none" });
  const play = h("button", { class: "player-play", type: "button", onclick: toggle });
  const place = h("input", { class: "player-place", type: "range", min: "0", step: "0.1", value: "0", "aria-label": "Posición del audio" });
  const clock = h("span", { class: "player-clock" });
  const pace = h("button", { class: "player-speed", type: "button", onclick: changeSpeed });
  const lost = h("a", { class: "player-lost", href: address, target: "_blank", rel: "noopener", hidden: true }, "No se pudo reproducir. Abrir el archivo");
  const element = h("div", { class: "player", role: "group", "aria-label": "Audio" }, sound, play, place, clock, pace, lost);
  const total = () => (Number.isFinite(sound.duration) && sound.duration > 0 ? sound.duration : seconds ?? 0);

  function toggle() {
    if (!sound.paused) {
      sound.pause();
      return;
    }
    if (sounding !== sound) sounding?.pause();
    sounding = sound;
    sound.playbackRate = speed;
    // A refusal is told by the error event, except when pausing cut the start short, which is no trouble.
    sound.play().catch(() => {});
  }

  function changeSpeed() {
    speed = SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length];
    sound.playbackRate = speed;
    for (const button of document.querySelectorAll(".player-speed")) tellSpeed(button);
  }

  function show() {
    const length = total();
    place.max = String(Math.max(length, 0.1));
    place.value = String(sound.currentTime);
    place.setAttribute("aria-valuetext", `${playLength(sound.currentTime)} de ${playLength(length)}`);
    clock.textContent = playLength(sound.paused && !sound.currentTime ? length : sound.currentTime);
    const name = sound.paused ? "Reproducir" : "Pausar";
    if (play.getAttribute("aria-label") === name) return;
    play.setAttribute("aria-label", name);
    play.replaceChildren(icon(sound.paused ? "play" : "pause"));
  }

  place.addEventListener("input", () => { sound.currentTime = Number(place.value); });
  for (const event of ["play", "pause", "ended", "timeupdate", "durationchange", "seeked"]) sound.addEventListener(event, show);
  sound.addEventListener("ended", () => { sound.currentTime = 0; });
  sound.addEventListener("error", () => {
    for (const control of [play, place, clock, pace]) control.hidden = true;
    lost.hidden = false;
  });
  tellSpeed(pace);
  show();
  return element;
}

function tellSpeed(button) {
  const words = `${speed.toLocaleString("es-AR")}×`;
  button.textContent = words;
  button.setAttribute("aria-label", `Velocidad ${words}`);
}
