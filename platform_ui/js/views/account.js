import { h } from "../html.js";
import { formCard } from "./form_card.js";
import { page } from "./page.js";

export const view = { mount };

/** One's own name and password. */
function mount(root, { api, person, renamed }) {
  const frame = page("Mi cuenta");
  document.title = "Mi cuenta · Nexus";
  frame.body.append(h("div", {},
    formCard({
      title: "Cómo te ven",
      lead: person ? `Entrás con ${person.email}.` : "",
      values: { name: person?.name ?? null },
      fields: [{ name: "name", label: "Nombre", max: 120, autocomplete: "name", hint: "Firma tus notas y tus mensajes en el panel." }],
      save: async ({ name }) => {
        await api.put("/admin/me", { name });
        person.name = name;
        renamed();
        return {};
      },
    }).element,
    formCard({
      title: "Cambiar la contraseña",
      lead: "Tus otras sesiones se cierran; esta sigue abierta.",
      values: {},
      action: "Cambiarla",
      done: "Contraseña cambiada.",
      alwaysSend: true,
      fields: [
        { name: "current", kind: "password", label: "Contraseña de ahora", required: true, autocomplete: "current-password", max: 1024 },
        { name: "password", kind: "password", label: "Contraseña nueva", required: true, autocomplete: "new-password", max: 1024, hint: "10 caracteres o más; una frase corta es fácil de recordar." },
      ],
      save: async (values) => {
        await api.write("/admin/password/change", values);
        return { current: "", password: "" };
      },
    }).element));
  root.append(frame.element);
  return () => {};
}
