import { h, icon } from "../html.js";
import { categoryName, filled, isApproved, languageName, pieces, statusName, templateTitle } from "../templates.js";
import { toast, toastFailure } from "../toast.js";

const NOT_HERE = "Lleva datos que acá no se pueden completar: mandala desde YCloud.";

/**
 * Stands where the composer was when only a template may be sent: first the list, then the chosen one with its
 * parameters and how the customer will read it. `render(reason, {mayClose})` shows it with why, or hides it ("");
 * `onClose` goes back to the box where one may write.
 */
export function templatePicker({ templates, onSend, onClose }) {
  const why = h("p", { class: "picker-why" });
  const body = h("div", { class: "picker-body" });
  const close = h("button", { class: "icon-button", type: "button", "aria-label": "Volver a escribir", title: "Volver a escribir", onclick: onClose }, icon("close"));
  const element = h("section", { class: "picker", tabindex: "-1", onkeydown: onEscape, "aria-label": "Plantillas", hidden: true }, h("div", { class: "picker-reason" }, icon("template"), why, close), body);
  let started = false;

  function onEscape(event) {
    if (event.key !== "Escape" || event.defaultPrevented || close.hidden) return;
    event.preventDefault();
    onClose();
  }

  async function load(read) {
    body.replaceChildren(h("div", { "aria-label": "Cargando plantillas" }, h("span", { class: "bone" }), h("span", { class: "bone" })));
    try {
      showList((await read()).items);
    } catch (error) {
      body.replaceChildren(h("p", { class: "problem", role: "alert" }, `No se pudieron traer las plantillas. ${error.message}`),
        h("button", { class: "button", type: "button", onclick: () => load(read) }, "Reintentar"));
    }
  }

  function showList(items, chosen = null) {
    const ready = items.filter((template) => template.can_send);
    const others = items.filter((template) => !template.can_send);
    const rows = [...ready, ...others].map((template) => rowOf(template, items));
    const sync = h("button", { class: "link", type: "button", onclick: refresh }, "Traer de nuevo");
    body.replaceChildren(
      rows.length ? h("ul", { class: "picker-list", "aria-label": "Plantillas de WhatsApp" }, rows)
        : h("p", { class: "picker-none" }, "La cuenta todavía no tiene plantillas. Se crean en YCloud y WhatsApp las aprueba."),
      h("p", { class: "picker-foot" }, ready.length || !rows.length ? "" : "Por ahora no hay ninguna para mandar. ", sync));
    if (chosen) rows[[...ready, ...others].indexOf(chosen)]?.querySelector("button")?.focus();
  }

  function rowOf(template, items) {
    const inside = [
      h("span", { class: "picker-name" }, templateTitle(template.name)),
      h("span", { class: "picker-category" }, [categoryName(template.category), languageName(template.language)].filter(Boolean).join(" · ")),
      h("span", { class: isApproved(template) ? "picker-status ok" : "picker-status" }, statusName(template.status)),
      h("span", { class: "picker-text" }, isApproved(template) && !template.can_send ? NOT_HERE : template.body),
    ];
    return h("li", {}, template.can_send ? h("button", { class: "picker-row", type: "button", onclick: () => showOne(template, items) }, inside)
      : h("div", { class: "picker-row off" }, inside));
  }

  async function refresh() {
    try {
      showList((await templates.sync()).items);
      toast("Listo: estas son las plantillas que hay en YCloud.");
    } catch (error) {
      toastFailure("No se pudieron traer las plantillas.", error);
    }
  }

  function showOne(template, items) {
    const inputs = Array.from({ length: template.parameters }, () =>
      h("input", { class: "input", type: "text", required: true, maxlength: "1024", autocomplete: "off", oninput: preview }));
    const fields = inputs.map((input, index) => h("label", { class: "field" }, h("span", {}, `Dato ${index + 1}`), input));
    const text = h("p", { class: "bubble-text" });
    const bubble = h("div", { class: "bubble ours human preview" }, template.header && h("strong", { class: "preview-header" }, template.header), text,
      template.footer && h("p", { class: "preview-footer" }, template.footer),
      template.buttons.length > 0 && h("p", { class: "preview-buttons" }, template.buttons.map((words) => h("span", {}, words))));
    const form = h("form", { class: "picker-one", onsubmit: submit },
      h("p", { class: "picker-title" }, h("strong", {}, templateTitle(template.name)), h("span", {}, categoryName(template.category))),
      inputs.length > 0 && h("div", { class: "picker-fields" }, fields),
      h("div", { class: "preview-place", role: "group", "aria-label": "Así la va a leer" }, bubble),
      h("div", { class: "picker-actions" },
        h("button", { class: "button", type: "button", onclick: () => showList(items, template) }, icon("back"), "Otra plantilla"),
        h("button", { class: "button primary", type: "submit" }, icon("send"), "Enviar plantilla")));

    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault(); // one step back, not out of the chat
      showList(items, template);
    });

    function preview() {
      text.replaceChildren(...pieces(template.body, values()).map((piece) => (typeof piece === "string" ? piece
        : h("span", { class: piece.value ? "filled" : "unfilled" }, piece.value || `dato ${piece.place}`))));
    }

    const values = () => inputs.map((input) => input.value);

    function submit(event) {
      event.preventDefault();
      const parameters = values().map((value) => value.trim());
      const empty = parameters.indexOf("");
      if (empty >= 0) {
        inputs[empty].focus();
        return;
      }
      onSend({ name: template.name, language: template.language, parameters }, filled(template.body, parameters));
      showList(items);
    }

    preview();
    body.replaceChildren(form);
    (inputs[0] ?? form.querySelector(".primary")).focus();
  }

  return {
    element,
    render(reason, { mayClose }) {
      element.hidden = !reason;
      close.hidden = !mayClose;
      element.classList.toggle("chosen", mayClose);
      if (why.textContent !== reason) why.textContent = reason;
      if (!reason || started) return;
      started = true;
      load(templates.load);
    },
  };
}
