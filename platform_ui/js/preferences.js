// What a person chose for herself in this browser; nothing of it leaves it.

const DEFAULTS = { send: "enter", notice: false, sound: false };

/** One person's choices. Returns {get, set, onChange}; where the browser keeps nothing they last as long as the page. */
export function preferencesOf(person) {
  const key = `nexus.preferences.${person.id ?? person.email}`;
  const listeners = new Set();
  let chosen = { ...DEFAULTS, ...read(key) };
  return {
    get: (name) => chosen[name],
    set(name, value) {
      chosen = { ...DEFAULTS, ...read(key), [name]: value };
      write(key, chosen);
      for (const listener of listeners) listener(name, value);
    },
    /** Returns how to stop hearing. */
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
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
