// Addresses are fragments (`#/chats/<id>?<query>`), so any static server can serve the page.

/** An address in its parts: the view, what is chosen within it, and the query. */
export function parseAddress(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [name, id = ""] = path.split("/");
  return { name, id: id ? decode(id) : null, query: new URLSearchParams(query) };
}

/**
 * Shows the view of the address inside `root`. `views` maps a name to {load()}, a promise of {mount(root, context,
 * route)}, whose result is its unmount function. `mayLeave()` is asked before anything goes that would lose work:
 * true, or a promise of whether to go. `onLost(root, again)` hears of a view that did not load.
 * Returns a function that stops.
 */
export function startRouter(root, views, context, { fallback, onView = () => {}, mayLeave = () => true, onLost = () => {} }) {
  let current = null;
  let at = null;
  let letGo = false;
  let unmount = () => {};
  let listeners = new Set();
  let route = null;

  /** A view's own route: what a view that has gone still holds never becomes another one's. */
  function routeOf(address) {
    const heard = new Set();
    listeners = heard;
    const made = {
      ...address,
      /** Hears when the address moves within the same view. */
      onChange: (listener) => heard.add(listener),
      /** Puts another query into the address without a step in the history. */
      setQuery(query) {
        const text = String(query);
        at = `${location.hash.split("?")[0]}${text ? `?${text}` : ""}`;
        made.query = new URLSearchParams(text);
        history.replaceState(null, "", at);
      },
    };
    return made;
  }

  function follow() {
    const target = location.hash;
    if (target === at) return;
    const { name, id, query } = parseAddress(target);
    if (!Object.hasOwn(views, name)) {
      location.replace(`#/${fallback}`);
      return;
    }
    const going = current === null || letGo ? true : mayLeave();
    if (going !== true) {
      stay(target, going);
      return;
    }
    letGo = false;
    at = target;
    if (name === current) {
      Object.assign(route, { id, query });
      for (const listener of listeners) listener();
    } else open(name, { id, query });
  }

  /** The address of before stands while a person thinks about it. */
  async function stay(target, answer) {
    history.replaceState(null, "", at);
    if (!(await answer)) return;
    letGo = true;
    location.hash = target;
  }

  async function open(name, address) {
    unmount();
    unmount = () => {};
    route = routeOf(address);
    root.replaceChildren();
    current = name;
    onView(name);
    try {
      const view = await views[name].load();
      if (current === name) unmount = view.mount(root, context, route);
    } catch (error) {
      // A module that does not come is the network's fault; anything else is ours and has to be seen.
      if (!(error instanceof TypeError && /import|module/i.test(error.message))) throw error;
      if (current === name) onLost(root, () => open(name, address));
    }
  }

  addEventListener("hashchange", follow);
  follow();
  return () => {
    removeEventListener("hashchange", follow);
    current = null;
    unmount();
  };
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
