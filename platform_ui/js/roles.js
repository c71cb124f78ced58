// What each role may do; the API decides, this only keeps people from walking into its refusals.

const NAMES = { owner: "Dueño", manager: "Encargado", agent: "Atención", "read-only": "Solo lectura" };
const EXPLAINED = {
  owner: "Todo en la tienda, también las personas y borrar.",
  manager: "Todo menos cambiar a dueños y encargados.",
  agent: "Chats y turnos; nada de ajustes ni credenciales.",
  "read-only": "Mira chats, agenda, métricas y registro, sin tocar nada.",
};
const MAY = {
  owner: ["act", "test", "settings", "audit", "people", "own"],
  manager: ["act", "test", "settings", "audit", "people"],
  agent: ["act", "test"],
  "read-only": [],
};

/** What a role is called; one that nobody knows keeps its own word. */
export const roleName = (role) => NAMES[role] ?? role;

/** What a role may do, in one sentence. */
export const roleMeans = (role) => EXPLAINED[role] ?? "";

/** A function that says whether this role may "act" on chats, use the "test" chat, change "settings", see the "audit", manage "people", or "own". */
export function abilities(role) {
  const may = new Set(MAY[role]);
  return (what) => may.has(what);
}

/** The roles that somebody with this role may give to others, the strongest first. */
export function rolesToGive(role) {
  if (role === "owner") return Object.keys(NAMES);
  return role === "manager" ? ["agent", "read-only"] : [];
}
