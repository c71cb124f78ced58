// The style sheets of views that most visits never open come with the view.

const asked = new Map();

/** Brings these sheets of /css; done when they apply. A sheet that does not come leaves the view plain, not away. */
export const sheets = (...names) => Promise.all(names.map((name) => {
  if (!asked.has(name)) asked.set(name, bring(name));
  return asked.get(name);
}));

function bring(name) {
  return new Promise((resolve) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = `/css/${name}.css`;
    link.addEventListener("load", resolve);
    link.addEventListener("error", resolve);
    document.head.append(link);
  });
}
