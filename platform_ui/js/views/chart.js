// Lines and bars as SVG, drawn to the width there is. The readout says the values under the pointer or the arrows.

import { bandAt, bands, labelled, linePath, scale, ticks } from "../chart_scale.js";
import { h } from "../html.js";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 200;
const EDGE = { left: 48, right: 8, top: 8, bottom: 24 };

/**
 * A chart. `kind` is "line" or "bar"; `labels` stand below, `longLabels` in the readout; `series` are {name, tone,
 * values} (null: nothing known), `tone` one of the marks of tokens.css; `format(value)` writes a value. Stacked bars
 * lie on each other. Returns {element, stop}.
 */
export function chart({ kind, labels, longLabels = labels, series, format = String, about, stacked = false }) {
  const svg = s("svg", { class: "chart-svg", role: "img", "aria-label": about, height: HEIGHT });
  const readout = h("p", { class: "readout", "aria-live": "polite" }, legend());
  const frame = h("div", { class: "chart-frame", tabindex: "0", role: "group", "aria-label": `${about} Con las flechas, los valores.`, onkeydown: onKey, onpointermove: onPoint, onpointerleave: () => choose(null), onblur: () => choose(null) }, svg);
  const element = h("div", { class: "chart" }, readout, frame);
  const count = labels.length;
  let chosen = null;
  let width = 0;
  const watcher = new ResizeObserver(([{ contentRect }]) => {
    if (Math.round(contentRect.width) === width) return;
    width = Math.round(contentRect.width);
    draw();
  });
  watcher.observe(frame);

  function legend() {
    return series.map(({ name, tone }) => h("span", { class: `key ${tone}` }, name));
  }

  function largest() {
    const tops = labels.map((_, index) => series.map(({ values }) => values[index] ?? 0)).map((values) => (stacked ? values.reduce((sum, value) => sum + value, 0) : Math.max(...values)));
    return Math.max(0, ...tops);
  }

  function draw() {
    if (width < 60) return;
    const lines = ticks(largest());
    const right = width - EDGE.right;
    const bottom = HEIGHT - EDGE.bottom;
    const y = scale(lines.at(-1), bottom, EDGE.top);
    const band = bands(count, EDGE.left, right);
    svg.setAttribute("width", width);
    svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    svg.replaceChildren(
      ...lines.flatMap((value) => [
        s("line", { class: value === 0 ? "axis" : "grid", x1: EDGE.left, x2: right, y1: y(value), y2: y(value) }),
        s("text", { class: "tick", x: EDGE.left - 8, y: y(value) + 4, "text-anchor": "end" }, format(value)),
      ]),
      ...labelled(count, right - EDGE.left).map((index) => s("text", { class: "tick", x: band.middle(index), y: HEIGHT - 6, "text-anchor": "middle" }, labels[index])),
      ...(chosen === null ? [] : [s("rect", { class: "chosen", x: band.middle(chosen) - band.width / 2, y: EDGE.top, width: band.width, height: bottom - EDGE.top })]),
      ...(kind === "bar" ? barsOf(band, y, bottom) : linesOf(band, y)),
    );
  }

  function barsOf(band, y, bottom) {
    const slots = stacked ? 1 : series.length;
    const wide = Math.max(1, Math.min(40, band.width * 0.7) / slots);
    return labels.flatMap((_, index) => {
      let below = 0;
      return series.map(({ values, tone }, which) => {
        const value = values[index] ?? 0;
        const height = bottom - y(value);
        const left = band.middle(index) - (wide * slots) / 2 + (stacked ? 0 : which * wide);
        const top = bottom - below - height;
        if (stacked) below += height;
        return s("rect", { class: `mark ${tone}`, x: left, y: top, width: Math.max(1, wide - (slots > 1 ? 1 : 0)), height: Math.max(0, height), rx: Math.min(2, wide / 2) });
      });
    });
  }

  function linesOf(band, y) {
    return series.flatMap(({ values, tone }) => {
      const points = values.map((value, index) => (value === null ? null : [band.middle(index), y(value)]));
      const alone = points.filter((point, index) => point && !points[index - 1] && !points[index + 1]);
      const shown = chosen === null || !points[chosen] ? alone : [...alone, points[chosen]];
      return [s("path", { class: `trace ${tone}`, d: linePath(points) }), ...shown.map(([cx, cy]) => s("circle", { class: `mark ${tone}`, cx, cy, r: 4 }))];
    });
  }

  function choose(index) {
    if (index === chosen) return;
    chosen = index;
    readout.replaceChildren(...(index === null ? legend() : [h("strong", {}, longLabels[index]),
      ...series.map(({ name, tone, values }) => h("span", { class: `key ${tone}` }, `${name}: ${values[index] === null ? "sin datos" : format(values[index])}`))]));
    draw();
  }

  function onPoint(event) {
    choose(bandAt(event.clientX - frame.getBoundingClientRect().left, count, EDGE.left, width - EDGE.right));
  }

  function onKey(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || !count) return;
    event.preventDefault();
    choose(Math.max(0, Math.min(count - 1, chosen === null ? (step > 0 ? 0 : count - 1) : chosen + step)));
  }

  return { element, stop: () => watcher.disconnect() };
}

/** Horizontal bars for things with names: [{name, value}], the largest first. */
export function nameBars({ rows, tone, format = String }) {
  const top = Math.max(1, ...rows.map(({ value }) => value));
  return h("ul", { class: "name-bars" }, rows.map(({ name, value }) => h("li", {},
    h("span", { class: "name-bar-name" }, name),
    s("svg", { class: "name-bar", "aria-hidden": "true" }, [s("rect", { class: `mark ${tone}`, height: "16", width: `${(value / top) * 100}%`, rx: "3" })]),
    h("span", { class: "name-bar-value" }, format(value)))));
}

function s(tag, attributes, content = "") {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...[content].flat().filter((piece) => piece !== ""));
  return element;
}
