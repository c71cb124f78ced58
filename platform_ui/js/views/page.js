import { h } from "../html.js";

/**
 * A view's page: its heading, the links of its parts (`[address, label]`), and the place of the part shown.
 * Returns {element, body, actions, show(address)}; `show` marks the part's link.
 */
export function page(title, { parts = [], wide = false, lead = "" } = {}) {
  const links = parts.map(([address, label]) => h("a", { class: "part", href: address }, label));
  const actions = h("div", { class: "page-actions" });
  const body = h("div", { class: "page-body" });
  const element = h("div", { class: wide ? "page wide" : "page" },
    h("div", { class: "page-column" },
      h("header", { class: "page-top" }, h("div", {}, h("h1", {}, title), lead && h("p", { class: "page-lead" }, lead)), actions),
      links.length > 0 && h("nav", { class: "parts", "aria-label": title }, links),
      body));
  return {
    element,
    body,
    actions,
    show(address) {
      for (const link of links) {
        if (link.getAttribute("href") === address) {
          link.setAttribute("aria-current", "page");
          link.scrollIntoView?.({ block: "nearest", inline: "nearest" });
        } else link.removeAttribute("aria-current");
      }
    },
  };
}

/**
 * A view whose parts have addresses of their own: `parts` is [[id, label, mount(place, context, route) -> stop]],
 * the first one's id being "". Returns the view.
 */
export function viewOfParts(name, title, partsFor) {
  return {
    mount(root, context, route) {
      const parts = partsFor(context);
      const address = (id) => (id ? `#/${name}/${id}` : `#/${name}`);
      const frame = page(title, { parts: parts.map(([id, label]) => [address(id), label]) });
      let stop = () => {};
      root.append(frame.element);

      function open() {
        stop();
        const part = parts.find(([id]) => id === (route.id ?? "")) ?? parts[0];
        const place = h("div", {});
        frame.body.replaceChildren(place);
        frame.element.scrollTop = 0;
        frame.show(address(part[0]));
        document.title = `${part[1]} · ${title} · Nexus`;
        stop = part[2](place, context, route) ?? (() => {});
      }

      route.onChange(open);
      open();
      return () => stop();
    },
  };
}
