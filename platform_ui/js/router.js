// Addresses are fragments (`#/chats/<id>`), so any static server can serve the page.

/**
 * Shows the view of the address inside `root`. `views` maps a name to {mount(root, context, route)},
 * whose result is its unmount function. Returns a function that stops.
 */
export function startRouter(root, views, context, { fallback, onView = () => {} }) {
  let current = null;
  let unmount = () => {};
  const listeners = new Set();
  const route = {
    id: null,
    /** Hears when the address moves within the same view. */
    onChange: (listener) => listeners.add(listener),
  };

  function follow() {
    const [, name, id = null] = location.hash.split("/");
    if (!(name in views)) {
      location.replace(`#/${fallback}`);
      return;
    }
    route.id = id && decodeURIComponent(id);
    if (name === current) {
      for (const listener of listeners) listener();
      return;
    }
    unmount();
    listeners.clear();
    root.replaceChildren();
    current = name;
    onView(name);
    unmount = views[name].mount(root, context, route);
  }

  addEventListener("hashchange", follow);
  follow();
  return () => {
    removeEventListener("hashchange", follow);
    unmount();
  };
}
