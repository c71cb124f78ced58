import { h } from "../html.js";
import { personName } from "../words.js";

/** Who of the team has this chat. `onPick({user_id, email, name} or null)`. Returns {element, render}. */
export function assigneePicker({ person, readOnly, staff, onPick }) {
  let people = null;
  let current = null;
  const select = h("select", { class: "input", "aria-label": "A cargo de", disabled: readOnly, onchange: pick, onfocus: load });
  const mine = h("button", { class: "button plain", type: "button", onclick: () => onPick(me()) }, "Tomarla");

  const me = () => ({ user_id: person.id, email: person.email, name: person.name ?? null });

  function pick() {
    onPick(select.value ? (people ?? [me()]).find(({ user_id: id }) => String(id) === select.value) ?? me() : null);
  }

  async function load() {
    try {
      people ??= await staff.people();
      draw();
    } catch {
      // Those that are there can be chosen; the next press asks again.
    }
  }

  function draw() {
    const all = [...(people ?? [])];
    for (const somebody of [current, person.id ? me() : null]) if (somebody && !all.some(({ user_id: id }) => id === somebody.user_id)) all.push(somebody);
    const options = [["", "Nadie"], ...all.map((somebody) => [String(somebody.user_id), somebody.user_id === person.id ? `${personName(somebody)} (vos)` : personName(somebody)])];
    const signature = JSON.stringify(options);
    if (select.dataset.options !== signature) {
      select.dataset.options = signature;
      select.replaceChildren(...options.map(([value, words]) => h("option", { value }, words)));
    }
    select.value = current ? String(current.user_id) : "";
    mine.hidden = readOnly || !person.id || current?.user_id === person.id;
  }

  return {
    element: h("div", { class: "assignee" }, select, mine),
    render(chat) {
      current = chat?.assigned_to ?? null;
      draw();
      if (chat && !people) load();
    },
  };
}
