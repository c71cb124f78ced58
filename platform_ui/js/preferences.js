// What a person chose for herself in this browser; nothing of it leaves it.

const DEFAULTS = { send: "enter", notice: false, sound: false };

const opened = new Map();

/** One person's choices, {get, set}; where the browser keeps nothing they last as long as the page. */
export function preferencesOf(person) {
  const key = `nexus.preferences.${person.id ?? person.email}`;
  if (!opened.has(key)) {
    let chosen = { ...DEFAULTS, ...read(key) };
    opened.set(key, {
      get: (name) => chosen[name],
      set(name, value) {
        chosen = { ...chosen, ...read(key), [name]: value };
        write(key, chosen);
      },
    });
  }
  return opened.get(key);
}

/** An object of the browser's store; {} when there is none or it cannot be read. */
export function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? {};
  } catch {
    return {};
  }
}

/** Keeps an object, or forgets it when it is empty; a full or forbidden store is no reason to stop working. */
export function write(key, value) {
  try {
    if (Object.keys(value).length) localStorage.setItem(key, JSON.stringify(value));
    else localStorage.removeItem(key);
  } catch {
    // The page goes on without.
  }
}
