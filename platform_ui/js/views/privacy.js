import { countWords, eraseAfterAsking, lastFour } from "../erasing.js";
import { clock } from "../format.js";
import { h, icon } from "../html.js";
import { toast, toastFailure } from "../toast.js";
import { confirmWith } from "./confirm.js";
import { lazily } from "./lazy_part.js";
import { cardBones, loadInto } from "./states.js";

const KINDS = { export: "Quiere sus datos", erase: "Borrado de una persona", erase_shop: "Borrado de la tienda" };

/** Who asked for whose data, somebody's data by phone, the shop's end, and how long things are kept. */
export function privacyPart(place, context, route) {
  const { api, tenant } = context;
  const time = clock(tenant.time_zone);
  const asked = h("div", {});
  const below = h("div", {});
  const end = h("div", {});
  place.append(h("div", { class: "column" }, asked, personCard(), below, end));
  const { again, stop } = loadInto(asked, {
    load: async () => (await api.read("/admin/privacy/requests")).body,
    draw: ({ items, grace_hours: grace }) => {
      end.replaceChildren(...(tenant.role === "owner" && !items.some(isWaitingShop) ? [shopCard(grace)] : []));
      return requestsCard(items);
    },
    bones: () => cardBones(1),
    what: "Los pedidos de privacidad",
  });
  const stopBelow = lazily(() => import("./keeping_part.js"), "keepingPart")(below, context, route);

  function requestsCard(items) {
    const waiting = items.filter(({ state }) => state === "open");
    const past = items.filter(({ state }) => state !== "open");
    return h("section", { class: "card", "aria-labelledby": "asked-title" },
      h("h2", { id: "asked-title" }, "Pedidos"),
      h("p", { class: "card-lead" }, "Los de Tienda Nube llegan solos. Quien pide sus datos los tiene que recibir dentro de los diez días."),
      waiting.length > 0 ? h("ul", { class: "lines" }, waiting.map(lineOf)) : h("p", {}, "No hay nada pendiente."),
      past.length > 0 && h("details", {}, h("summary", {}, `Cerrados (${past.length})`), h("ul", { class: "lines" }, past.map(lineOf))));
  }

  function lineOf(request) {
    const { id, kind, state, about, can_cancel: mayCancel } = request;
    return h("li", { class: "line" },
      h("div", { class: "line-words" }, h("strong", {}, KINDS[kind] ?? kind, about && `: ${about}`), h("span", {}, history(request)), state === "open" && dueBadge(request)),
      h("div", { class: "line-actions" },
        kind === "export" && state === "open" && h("a", { class: "button plain", download: true, href: api.fileUrl(`/admin/privacy/export?request_id=${id}`) }, "Descargar"),
        kind === "export" && state === "open" && h("button", { class: "button plain", type: "button", onclick: (event) => act(event, `requests/${id}/done`, "No se pudo marcar.") }, "Ya se los mandé"),
        mayCancel && h("button", { class: "button plain", type: "button", onclick: (event) => act(event, `requests/${id}/cancel`, "No se pudo cancelar.") }, "Cancelar el borrado")));
  }

  function history({ source, asked_by: who, asked_at: at, kind, state, done_at: end, done_by: by, counts }) {
    const from = source === "tiendanube" ? "por Tienda Nube" : `por ${who}`;
    const closed = state === "cancelled" ? "cancelado" : kind === "export" ? "entregado" : "borrado";
    return [`Pedido el ${time.date(at)} ${from}`, state !== "open" && `${closed} el ${time.date(end)}${by && by !== who ? ` por ${by}` : ""}`, kind === "erase" && state === "done" && countWords(counts)].filter(Boolean).join(" · ");
  }

  function dueBadge({ kind, due_at: due }) {
    const late = due && new Date(due) < new Date();
    if (kind === "erase_shop") return h("div", {}, h("span", { class: "badge waiting", title: time.exact(due) }, `Se borra todo el ${time.short(due)}`));
    if (kind === "erase") return h("div", {}, h("span", { class: "badge" }, "Borrando…"));
    return h("div", {}, h("span", { class: late ? "badge waiting" : "badge", title: time.exact(due) }, late ? `Venció el ${time.date(due)}` : `Hasta el ${time.date(due)}`));
  }

  async function act(event, path, failure) {
    event.target.disabled = true;
    try {
      await api.write(`/admin/privacy/${path}`);
      again();
    } catch (error) {
      event.target.disabled = false;
      toastFailure(failure, error);
    }
  }

  function personCard() {
    const number = h("input", { class: "input", type: "tel", id: "privacy-phone", required: true, autocomplete: "off", placeholder: "11 5555 0123" });
    const download = h("button", { class: "button", type: "submit" }, "Descargar");
    const erase = h("button", { class: "button danger", type: "button", onclick: eraseThem }, "Borrar…");
    return h("section", { class: "card", "aria-labelledby": "person-title" },
      h("h2", { id: "person-title" }, "Los datos de una persona"),
      h("p", { class: "card-lead" }, "Por su teléfono, en cualquiera de sus formas. Desde un chat está en «Sus datos», al costado."),
      h("form", { class: "column", onsubmit: bring },
        h("label", { class: "field", for: "privacy-phone" }, h("span", {}, "Teléfono"), number),
        h("div", { class: "card-foot" }, download, erase)));

    /** What there is of the number that was typed; null, and said why, where there is nothing. */
    async function find() {
      try {
        return (await api.read(`/admin/privacy/person?phone=${encodeURIComponent(number.value)}`)).body;
      } catch (error) {
        toast(error.message);
        return null;
      }
    }

    async function bring(event) {
      event.preventDefault();
      download.disabled = true;
      // Looked for first: a download that fails would open a page with an error in it.
      if (await find()) {
        location.assign(api.fileUrl(`/admin/privacy/export?phone=${encodeURIComponent(number.value)}`));
        setTimeout(again, 1500);
      }
      download.disabled = false;
    }

    async function eraseThem() {
      if (!number.reportValidity()) return;
      erase.disabled = true;
      try {
        const found = await find();
        const counts = found && (await eraseAfterAsking(api, { phone: number.value }, [...found.names, found.phone].join(", "), lastFour(found.phone)));
        if (counts) {
          toast(`Borrado: ${countWords(counts)}.`);
          number.value = "";
          again();
        }
      } catch (error) {
        toastFailure("No se pudo borrar.", error);
      }
      erase.disabled = false;
    }
  }

  function shopCard(grace) {
    return h("section", { class: "card", "aria-labelledby": "end-title" }, h("h2", { id: "end-title" }, "La tienda entera"),
      h("p", { class: "card-lead" }, `El bot se apaga enseguida y a las ${grace} horas se borra todo: chats, archivos, turnos, ajustes y las cuentas de quienes sólo entran acá. Hasta entonces se puede cancelar. Antes podés bajarla entera: un ZIP sin cifrar con charlas, archivos, turnos y ajustes, sin claves ni cuentas.`),
      h("div", { class: "card-foot" },
        h("a", { class: "button", download: true, href: api.fileUrl("/admin/privacy/shop-export") }, "Descargar la tienda"),
        h("button", { class: "button danger", type: "button", onclick: endShop }, icon("alert"), "Borrar la tienda…")));
  }

  async function endShop(event) {
    const button = event.currentTarget;
    const yes = await confirmWith({
      title: `¿Borrar ${tenant.store_name}?`,
      text: "El bot deja de contestar ya. Después del plazo no queda nada, y no hay vuelta. Si querés guardar algo, descargala antes.",
      action: "Pedir el borrado", danger: true, typed: tenant.store_name,
    });
    if (!yes) return;
    button.disabled = true;
    try {
      await api.write("/admin/privacy/shop-erasure", { store_name: tenant.store_name });
      again();
    } catch (error) {
      button.disabled = false;
      toastFailure("No se pudo pedir.", error);
    }
  }

  return () => {
    stop();
    stopBelow();
  };
}

const isWaitingShop = ({ kind, state }) => kind === "erase_shop" && state === "open";
