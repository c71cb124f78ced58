import { h } from "../html.js";
import { toast, toastFailure } from "../toast.js";
import { confirmWith } from "./confirm.js";

/** The webhook's former secret while it is kept: until when it counts, what it signed last, and a button that ends it. */
export function previousSecretCard({ api, path, time }) {
  const words = h("p", { class: "card-lead" });
  const end = h("button", { class: "button", type: "button", onclick: () => finish() }, "Terminar ya");
  const element = h("section", { class: "card", "aria-labelledby": "previous-secret", hidden: true },
    h("h2", { id: "previous-secret" }, "Secreto anterior del webhook"), words, h("div", { class: "card-foot" }, end));

  function draw(previous) {
    element.hidden = !previous;
    if (previous) words.textContent = about(previous);
  }

  function about({ until, signed_at: signed, refused_at: refused }) {
    const used = signed ? `Último aviso que firmó: ${time.short(signed)}.` : "Desde el cambio no firmó nada.";
    if (new Date(until) > new Date()) return `Sigue valiendo, porque YCloud puede reintentar avisos firmados con él. Vence: ${time.short(until)}. ${used}`;
    const late = refused ? `YCloud sigue firmando con él y esos avisos no se toman (el último: ${time.short(refused)}). Copiá arriba el secreto que muestra YCloud.` : used;
    return `Venció: ${time.short(until)}. ${late}`;
  }

  async function finish() {
    const sure = await confirmWith({ title: "¿Terminar el secreto anterior?", text: "Los avisos que YCloud todavía reintente firmados con él no se van a tomar.", action: "Terminar", danger: true });
    if (!sure) return;
    try {
      await api.remove(`${path}/ycloud/previous-secret`);
      draw(null);
      toast("El secreto anterior ya no vale.");
    } catch (error) {
      toastFailure("No se pudo terminar.", error);
    }
  }

  return { element, draw, refresh: async () => draw((await api.read(path)).body._previous_secret) };
}
