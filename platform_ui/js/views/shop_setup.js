import { h, icon } from "../html.js";
import { poll } from "../poller.js";
import { failed, lineBones } from "./states.js";

const EVERY_MS = 5000;
const ICONS = { done: "done", todo: "circle", problem: "alert" };
const STATES = { done: "Listo", todo: "Falta", problem: "Hay un problema" };
const ACTIONS = {
  shop: "Conectar Tienda Nube", whatsapp: "Conectar WhatsApp", ask: "Probar el bot", hours: "Poner los horarios",
  handoff: "Poner el correo", live: "Prender el bot",
};

/** What is missing until the bot answers for real, as it stands now: looked at again while it is open. */
export function setupPart(place, { api }) {
  const list = h("ol", { class: "steps" });
  const words = h("p", { role: "status" });
  const bar = h("progress", { class: "progress-bar", "aria-label": "Avance", max: "6", value: "0" });
  const body = h("div", { class: "column" }, lineBones());
  let drawn = "";
  place.append(body);

  function draw(setup) {
    if (drawn === JSON.stringify(setup)) return;
    drawn = JSON.stringify(setup);
    const next = setup.steps.find(({ state }) => state !== "done");
    bar.max = setup.of;
    bar.value = setup.done;
    words.textContent = next ? `${setup.done} de ${setup.of} pasos listos.` : "Todo listo: el bot contesta por vos.";
    list.replaceChildren(...setup.steps.map((step) => stepOf(step, step === next)));
    if (list.parentElement !== body) body.replaceChildren(h("div", { class: "progress" }, words, bar), list);
  }

  const poller = poll(async () => draw((await api.read("/admin/setup")).body), {
    everyMs: EVERY_MS,
    onError: (error) => { if (!drawn) body.replaceChildren(failed(error, () => poller.now())); },
  });
  return () => poller.stop();
}

function stepOf({ key, state, title, message, link }, isNext) {
  return h("li", { class: `step ${state}${isNext ? " next" : ""}` }, icon(ICONS[state], STATES[state]),
    h("div", {}, h("h2", {}, title), message && h("p", {}, message)),
    state === "done"
      ? h("a", { class: "button plain", href: link, "aria-label": `Ver: ${title}` }, "Ver")
      : h("a", { class: isNext ? "button primary" : "button", href: link }, state === "problem" ? "Arreglarlo" : ACTIONS[key] ?? "Hacerlo"));
}
