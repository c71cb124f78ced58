import { clock } from "../format.js";
import { h } from "../html.js";
import { roleMeans, roleName, rolesToGive } from "../roles.js";
import { toast, undoable } from "../toast.js";
import { formCard } from "./form_card.js";
import { loadInto } from "./states.js";

/** Who works in the shop and as what; a new person is invited by e-mail. */
export function peoplePart(place, { api, tenant, person }) {
  const time = clock(tenant.time_zone);
  const roles = rolesToGive(tenant.role);
  const { again, stop } = loadInto(place, {
    load: async () => (await api.read("/admin/people")).body.items,
    draw: (people) => h("div", { class: "column" }, listCard(people), inviteCard(), rolesCard()),
    what: "Las personas",
  });

  function listCard(people) {
    return h("section", { class: "card", "aria-labelledby": "people-title" }, h("h2", { id: "people-title" }, "Personas de la tienda"),
      h("ul", { class: "lines" }, people.map(lineOf)));
  }

  function lineOf(member) {
    const mine = member.user_id === person?.id;
    const manageable = !mine && roles.includes(member.role);
    const name = member.name || member.email;
    const line = h("li", { class: "line" },
      h("div", { class: "line-words" }, h("strong", {}, name, mine && " (vos)"), h("span", {}, [member.name && member.email, seen(member)].filter(Boolean).join(" · ")),
        member.invited && h("div", {}, h("span", { class: "badge waiting" }, "Invitación sin aceptar"))),
      h("div", { class: "line-actions" },
        manageable ? roleChoice(member, name) : h("span", { class: "badge" }, roleName(member.role)),
        member.invited && manageable && h("button", { class: "button plain", type: "button", "aria-label": `Invitar de nuevo a ${name}`, onclick: () => inviteAgain(member) }, "Invitar de nuevo"),
        manageable && h("button", { class: "button plain", type: "button", "aria-label": `Sacar a ${name}`, onclick: () => remove(member, line) }, "Sacar")));
    return line;
  }

  const seen = ({ last_seen_at: at, invited }) => (at ? `última vez ${time.short(at)}` : invited ? "" : "todavía no entró");

  function roleChoice(member, name) {
    const choice = h("select", { class: "input", "aria-label": `Rol de ${name}`, onchange: change },
      roles.map((role) => h("option", { value: role, selected: role === member.role }, roleName(role))));
    return choice;

    async function change() {
      choice.disabled = true;
      try {
        await api.put(`/admin/people/${member.user_id}`, { role: choice.value });
        member.role = choice.value;
        toast(`${name} ahora es ${roleName(member.role).toLowerCase()}.`);
      } catch (error) {
        choice.value = member.role;
        toast(`No se cambió el rol. ${error.message}`);
      }
      choice.disabled = false;
    }
  }

  async function inviteAgain({ user_id: id, email }) {
    try {
      await api.write(`/admin/people/${id}/invite`, {});
      toast(`Le mandamos otra invitación a ${email}.`);
    } catch (error) {
      toast(`No se pudo invitar. ${error.message}`);
    }
  }

  function remove({ user_id: id, name, email }, line) {
    line.hidden = true;
    undoable(`${name || email} deja de entrar a la tienda.`, {
      undo: () => { line.hidden = false; },
      act: async () => {
        try {
          await api.remove(`/admin/people/${id}`);
          line.remove();
        } catch (error) {
          line.hidden = false;
          toast(`No se pudo sacar. ${error.message}`);
        }
      },
    });
  }

  function inviteCard() {
    return formCard({
      title: "Invitar a alguien",
      lead: "Le llega un correo con un código para elegir su contraseña. Sale por el servidor de correo de la tienda.",
      values: { role: "agent" },
      action: "Invitar",
      alwaysSend: true,
      done: "Invitación en camino.",
      fields: [
        { name: "email", kind: "email", label: "E-mail", required: true, inputmode: "email" },
        { name: "name", label: "Nombre", optional: true, max: 120, hint: "Así se ve en los chats que atiende." },
        { name: "role", kind: "select", label: "Rol", required: true, options: roles.map((role) => [role, roleName(role)]) },
      ],
      save: async ({ email, name, role }) => {
        await api.write("/admin/people", { email, role, ...(name && { name }) });
        setTimeout(again, 600);
        return { email: "", name: "" };
      },
    }).element;
  }

  return stop;
}

const rolesCard = () => h("section", { class: "card", "aria-labelledby": "roles-title" }, h("h2", { id: "roles-title" }, "Qué puede cada rol"),
  h("dl", { class: "facts" }, ["owner", "manager", "agent", "read-only"].flatMap((role) => [h("dt", {}, roleName(role)), h("dd", {}, roleMeans(role))])));
