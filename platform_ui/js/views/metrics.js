import { compare, compact, count, seconds, share } from "../figures.js";
import { h } from "../html.js";
import { PERIODS, addDays, dayIn, daysBetween, periodOf, shortDay } from "../periods.js";
import { questions } from "./metrics_questions.js";
import { page } from "./page.js";
import { empty, lineBones, loadInto } from "./states.js";

const LONGEST_DAYS = 366;

export const view = { mount };

/** Five figures with the period before, then the questions that they raise, each as a chart or its table. */
function mount(root, { api, tenant }, route) {
  const today = dayIn(tenant.time_zone);
  const frame = page("Métricas", { wide: true });
  const body = h("div", { class: "column" });
  const from = dateInput("Desde");
  const to = dateInput("Hasta");
  const own = h("div", { class: "own-period", hidden: true }, from, to, h("button", { class: "button", type: "button", onclick: chooseOwn }, "Ver"));
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const choices = PERIODS.map(([key, label]) => h("button", { class: "chip", type: "button", "data-period": key, onclick: () => choose(key) }, label));
  let charts = [];
  let loader = null;
  document.title = "Métricas · Nexus";
  frame.body.append(h("div", {}, h("div", { class: "filters-row", role: "group", "aria-label": "Período" }, choices, own), problem, body));
  root.append(frame.element);

  function dateInput(label) {
    return h("input", { class: "input", type: "date", "aria-label": label, max: today });
  }

  function choose(key) {
    mark(key);
    own.hidden = key !== "own";
    if (key === "own") {
      from.focus();
      return;
    }
    route.setQuery(new URLSearchParams(key === "7" ? {} : { p: key }));
    load(periodOf(key, today));
  }

  function chooseOwn() {
    const days = daysBetween(from.value, to.value) + 1;
    const bad = !from.value || !to.value ? "Elegí los dos días." : days < 1 ? "El primer día tiene que ser anterior al último." : days > LONGEST_DAYS ? "Como mucho un año por vez." : "";
    problem.textContent = bad;
    problem.hidden = !bad;
    if (bad) return;
    route.setQuery(new URLSearchParams({ desde: from.value, hasta: to.value }));
    load({ from: from.value, to: addDays(to.value, 1) });
  }

  function mark(key) {
    problem.hidden = true;
    for (const choice of choices) choice.setAttribute("aria-pressed", String(choice.dataset.period === key));
  }

  function load(period) {
    from.value = period.from;
    to.value = addDays(period.to, -1);
    forget();
    loader?.stop();
    loader = loadInto(body, {
      load: async () => (await api.read(`/admin/metrics?${new URLSearchParams(period)}`)).body,
      draw: (found) => draw(found),
      bones,
      what: "Las métricas",
    });
  }

  function draw(found) {
    const { conversations } = found.figures;
    if (!conversations && !found.days.some((day) => day.messages_in || day.messages_out)) {
      return [tiles(found), empty("No hubo conversaciones en estos días", "Elegí otro período, o esperá el primer mensaje: los números aparecen solos.")];
    }
    const made = questions(found, { api });
    charts = made.charts;
    return [tiles(found), ...made.elements];
  }

  function forget() {
    for (const { stop } of charts) stop();
    charts = [];
  }

  const asked = route.query;
  if (asked.get("desde") && asked.get("hasta") && daysBetween(asked.get("desde"), asked.get("hasta")) >= 0) {
    mark("own");
    own.hidden = false;
    load({ from: asked.get("desde"), to: addDays(asked.get("hasta"), 1) });
  } else choose(periodOf(asked.get("p"), today) ? asked.get("p") : "7");
  return () => {
    loader.stop();
    forget();
  };
}

function tiles({ figures: now, previous: before, from, to }) {
  const rows = [
    ["Conversaciones", count(now.conversations), "", compare(now.conversations, before.conversations, { better: "more" })],
    ["Las contestó el bot", count(now.answered_by_bot), share(now.answered_by_bot, now.conversations), compare(now.answered_by_bot, before.answered_by_bot, { better: "more" })],
    ["Pasaron a una persona", count(now.handed_over), share(now.handed_over, now.conversations), compare(now.handed_over, before.handed_over, { better: "less" })],
    ["Primera respuesta", seconds(now.first_response_p50_seconds), now.first_response_p90_seconds === null ? "" : `la mitad tarda menos; 9 de 10, menos de ${seconds(now.first_response_p90_seconds)}`,
      compare(now.first_response_p50_seconds, before.first_response_p50_seconds, { better: "less", format: seconds })],
    ["Tokens del modelo", compact(now.tokens), "", compare(now.tokens, before.tokens, { format: compact })],
  ];
  const days = daysBetween(from, to);
  return h("section", { "aria-label": "Cifras" },
    h("p", { class: "field-hint" }, `Del ${shortDay(from)} al ${shortDay(addDays(to, -1))}; «antes» ${days === 1 ? "es el día anterior" : `son los ${days} días anteriores`}.`),
    h("dl", { class: "tiles" }, rows.map(([label, value, more, { words, tone }]) => h("div", { class: "tile" },
      h("dt", {}, label), h("dd", { class: "tile-value" }, value, more && h("small", {}, more)), h("dd", { class: `tile-before ${tone}` }, words)))));
}

const bones = () => h("div", { class: "column", "aria-label": "Cargando" },
  h("div", { class: "tiles" }, Array.from({ length: 5 }, () => h("div", { class: "tile" }, h("span", { class: "bone" }), h("span", { class: "bone" })))), lineBones(4));
