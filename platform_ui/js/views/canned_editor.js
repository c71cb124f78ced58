import { h } from "../html.js";
import { lineEditor } from "./line_editor.js";
import { loadInto } from "./states.js";

/** The answers that people put into the composer with `/`. */
export function cannedPart(place, { api, can }) {
  const { stop } = loadInto(place, {
    load: async () => (await api.read("/admin/canned-replies")).body.items,
    draw: (items) => h("div", {}, lineEditor({
      title: "Respuestas rápidas",
      lead: "En el chat, escribí / y el atajo. {nombre}, {tienda} y {yo} se completan solos.",
      items,
      readOnly: !can("settings"),
      addLabel: "Agregar respuesta",
      none: "Todavía no hay ninguna. Empezá por lo que contestás todos los días: horarios, envíos, cambios.",
      describe: ({ shortcut, text }) => [`/${shortcut}`, text],
      fresh: {},
      fields: () => [
        { name: "shortcut", label: "Atajo", required: true, max: 32, placeholder: "envios", hint: "Minúsculas, números y guiones." },
        { name: "text", kind: "area", rows: 4, label: "Texto", required: true, max: 4096, placeholder: "Hola {nombre}, los envíos salen al día siguiente." },
      ],
      create: (values) => api.write("/admin/canned-replies", values),
      change: (item, changed) => api.put(`/admin/canned-replies/${item.id}`, { shortcut: item.shortcut, text: item.text, ...changed }),
      remove: ({ id }) => api.remove(`/admin/canned-replies/${id}`),
    })),
    what: "Las respuestas rápidas",
  });
  return stop;
}
