import { compact, count, csvPath, seconds } from "../figures.js";
import { h, icon } from "../html.js";
import { shortDay } from "../periods.js";
import { chart, nameBars } from "./chart.js";

const WEEKDAYS = ["dom", "lun", "mar", "mié", "jue", "vie", "sáb"];

/** The charts of a period, each titled by its question. Returns {elements, charts} (the latter to be stopped). */
export function questions(found, { api }) {
  const { days, hours, handoff_reasons: reasons } = found;
  const labels = days.map(({ date }) => shortDay(date));
  const longLabels = days.map(({ date }) => `${WEEKDAYS[new Date(`${date}T12:00:00Z`).getUTCDay()]} ${shortDay(date)}`);
  const of = (field) => days.map((day) => day[field]);
  const charts = [];
  let ids = 0;

  function question(title, { table, columns, rows, drawn }) {
    const id = `question-${(ids += 1)}`;
    const data = h("div", { class: "table-scroll", hidden: true, tabindex: "0", role: "region", "aria-label": `Tabla: ${title}` }, tableOf(columns, rows));
    const toggle = h("button", { class: "button plain", type: "button", "aria-pressed": "false", onclick: flip }, icon("list"), "Tabla");
    const csv = h("a", { class: "button plain", href: api.fileUrl(csvPath(table, found)), download: true }, icon("download"), "CSV");

    function flip() {
      data.hidden = !data.hidden;
      drawn.hidden = !data.hidden;
      toggle.setAttribute("aria-pressed", String(!data.hidden));
    }

    return h("section", { class: "card question", "aria-labelledby": id },
      h("header", { class: "question-top" }, h("h2", { id }, title), h("div", { class: "question-actions" }, toggle, csv)),
      h("div", { class: "question-body" }, drawn, data));
  }

  /** The chart, or why there is none: an empty one answers nothing. */
  function plot(options, none) {
    if (options.series.every(({ values }) => values.every((value) => !value))) return h("p", { class: "field-hint" }, none);
    const made = chart(options);
    charts.push(made);
    return made.element;
  }

  const elements = [
    question("¿Cuántas conversaciones hubo y quién las contestó?", {
      table: "days",
      columns: ["Día", "Conversaciones", "Las contestó el bot", "Pasaron a una persona", "Mensajes recibidos", "Mensajes enviados"],
      rows: days.map((day, index) => [longLabels[index], count(day.conversations), count(day.answered_by_bot), count(day.handed_over), count(day.messages_in), count(day.messages_out)]),
      drawn: plot({ kind: days.length > 31 ? "line" : "bar", labels, longLabels, format: count, about: "Conversaciones por día.", series: [
        { name: "Conversaciones", tone: "gray", values: of("conversations") },
        { name: "Las contestó el bot", tone: "teal", values: of("answered_by_bot") },
        { name: "Pasaron a una persona", tone: "violet", values: of("handed_over") },
      ] }, "En estos días no hubo conversaciones."),
    }),
    question("¿Cuánto esperan la primera respuesta?", {
      table: "days",
      columns: ["Día", "La mitad, en menos de", "Nueve de diez, en menos de"],
      rows: days.map((day, index) => [longLabels[index], seconds(day.first_response_p50_seconds), seconds(day.first_response_p90_seconds)]),
      drawn: plot({ kind: "line", labels, longLabels, format: seconds, about: "Espera de la primera respuesta por día.", series: [
        { name: "La mitad", tone: "teal", values: of("first_response_p50_seconds") },
        { name: "Nueve de diez", tone: "orange", values: of("first_response_p90_seconds") },
      ] }, "En estos días no se contestó ninguna."),
    }),
    question("¿Por qué pasaron a una persona?", {
      table: "handoff_reasons",
      columns: ["Motivo", "Veces"],
      rows: reasons.map(({ label, count: times }) => [label, count(times)]),
      drawn: reasons.length ? h("div", {}, nameBars({ tone: "violet", format: count, rows: reasons.map(({ label, count: value }) => ({ name: label, value })) })) : h("p", { class: "field-hint" }, "En estos días no pasó ninguna."),
    }),
    question("¿A qué hora escriben?", {
      table: "hours",
      columns: ["Hora", "Mensajes recibidos"],
      rows: hours.map(({ hour, messages_in: value }) => [`${String(hour).padStart(2, "0")} h`, count(value)]),
      drawn: plot({ kind: "bar", labels: hours.map(({ hour }) => String(hour)), longLabels: hours.map(({ hour }) => `De ${hour} a ${hour + 1} h`), format: count, about: "Mensajes recibidos por hora del día.",
        series: [{ name: "Mensajes recibidos", tone: "teal", values: hours.map(({ messages_in: value }) => value) }] }, "En estos días no escribió nadie."),
    }),
    question("¿Cuánto trabaja el modelo?", {
      table: "days",
      columns: ["Día", "Tokens leídos", "Tokens escritos"],
      rows: days.map((day, index) => [longLabels[index], count(day.tokens_in), count(day.tokens_out)]),
      drawn: plot({ kind: "bar", stacked: true, labels, longLabels, format: compact, about: "Tokens del modelo por día.", series: [
        { name: "Leídos", tone: "blue", values: of("tokens_in") },
        { name: "Escritos", tone: "orange", values: of("tokens_out") },
      ] }, "En estos días el modelo no trabajó, o su servidor no informa cuántos tokens usa."),
    }),
  ];
  return { elements, charts };
}

function tableOf(columns, rows) {
  return h("table", { class: "table" },
    h("thead", {}, h("tr", {}, columns.map((column) => h("th", { scope: "col" }, column)))),
    h("tbody", {}, rows.map(([first, ...rest]) => h("tr", {}, h("th", { scope: "row" }, first), rest.map((cell) => h("td", {}, cell))))));
}
