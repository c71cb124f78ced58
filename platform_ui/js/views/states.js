// Loading, empty, failed and not permitted: what every view shows when it has nothing else to show.

import { ApiError } from "../api.js";
import { h, icon } from "../html.js";

/** Nothing here yet: what it would be, and what to do to get it. */
export const empty = (title, text, ...more) => h("div", { class: "blank" }, h("h2", {}, title), text && h("p", {}, text), ...more);

/** It could not be brought: why, and again. */
export const failed = (error, again) =>
  h("div", { class: "blank", role: "alert" }, h("h2", {}, "No se pudo cargar"), h("p", {}, error.message),
    h("button", { class: "button", type: "button", onclick: again }, icon("refresh"), "Reintentar"));

/** This role may not see it: who may. */
export const denied = (what) =>
  h("div", { class: "blank" }, icon("ban"), h("h2", {}, "Tu rol no llega hasta acá"),
    h("p", {}, `${what} lo manejan el dueño y los encargados de la tienda. Si te hace falta, pediles que cambien tu rol.`));

/** Bones of cards with fields. */
export const cardBones = (cards = 2) =>
  h("div", { class: "column", "aria-label": "Cargando" }, Array.from({ length: cards }, () =>
    h("div", { class: "card" }, h("span", { class: "bone short" }), h("span", { class: "bone" }), h("span", { class: "bone tall" }), h("span", { class: "bone tall" }))));

/** Bones of lines. */
export const lineBones = (lines = 6) =>
  h("div", { class: "line-bones", "aria-label": "Cargando" }, Array.from({ length: lines }, () => h("span", { class: "bone" })));

/**
 * Brings something and draws it in `place`: bones meanwhile, and on failure why, with another try.
 * Returns {again, stop}.
 */
export function loadInto(place, { load, draw, bones = cardBones, what = "Esto" }) {
  let stopped = false;

  async function go() {
    place.replaceChildren(bones());
    place.setAttribute("aria-busy", "true");
    try {
      const found = await load();
      if (!stopped) place.replaceChildren(...[draw(found)].flat().filter(Boolean));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (!stopped) place.replaceChildren(error.status === 403 ? denied(what) : failed(error, go));
    } finally {
      place.removeAttribute("aria-busy");
    }
  }

  go();
  return { again: go, stop: () => { stopped = true; } };
}
