import { h, icon } from "./dom.js";

const MARGIN = 8;

/**
 * Opens a menu at `anchor`. `groups` are {title?, row?, items: [{label, icon?, glyph?, checked?, act}]}.
 * Arrows walk it; Esc, Tab, the anchor again and a touch elsewhere close it; then `back()` takes the focus again.
 */
export function openMenu(anchor, label, groups, back = () => anchor.focus()) {
  if (anchor.getAttribute("aria-expanded") === "true") return document.querySelector(".menu")?.hidePopover();
  const menu = h("div", { class: "menu", popover: "manual", role: "menu", "aria-label": label, tabindex: "-1" },
    groups.map((group) => h("div", { class: group.row ? "menu-row" : "menu-group", role: "group", "aria-label": group.title },
      group.title && !group.row && h("p", { class: "menu-title", "aria-hidden": "true" }, group.title),
      group.items.map((entry) => item(entry, choose)))));

  function choose(entry) {
    menu.hidePopover();
    entry.act();
  }

  // Not by the browser's own rule, which takes the end of the long touch that opened the menu for a touch elsewhere.
  const close = () => menu.hidePopover();
  const elsewhere = (event) => [menu, anchor].some((place) => place.contains(event.target)) || close();
  document.addEventListener("pointerdown", elsewhere, true);
  addEventListener("resize", close);
  menu.addEventListener("keydown", (event) => walk(event, menu));
  menu.addEventListener("toggle", (event) => {
    if (event.newState !== "closed") return;
    anchor.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", elsewhere, true);
    removeEventListener("resize", close);
    menu.remove();
  });
  // Before it is hidden: afterwards nobody knows whether the focus was inside.
  menu.addEventListener("beforetoggle", (event) => {
    if (event.newState === "closed" && menu.contains(document.activeElement)) back();
  });
  document.body.append(menu);
  menu.showPopover();
  anchor.setAttribute("aria-expanded", "true");
  place(menu, anchor);
  menu.querySelector("button")?.focus({ preventScroll: true });
}

function item(entry, choose) {
  const checkable = entry.checked !== undefined;
  return h("button", {
    type: "button",
    tabindex: "-1",
    role: checkable ? "menuitemcheckbox" : "menuitem",
    "aria-checked": checkable ? String(entry.checked) : null,
    "aria-label": entry.glyph ? entry.label : null,
    title: entry.glyph ? entry.label : null,
    onclick: () => choose(entry),
  }, entry.icon && icon(entry.icon), entry.glyph ? h("span", { "aria-hidden": "true" }, entry.glyph) : h("span", {}, entry.label));
}

function walk(event, menu) {
  const items = [...menu.querySelectorAll("button")];
  const at = items.indexOf(document.activeElement);
  const steps = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: items.length - 1 };
  if (event.key === "Tab" || event.key === "Escape") menu.hidePopover();
  if (!(event.key in steps)) return;
  event.preventDefault();
  items[(steps[event.key] + items.length) % items.length].focus();
}

/** Beside the anchor, where there is more room, and never outside of the window. */
function place(menu, anchor) {
  const at = anchor.getBoundingClientRect();
  const room = { above: at.top - 2 * MARGIN, below: innerHeight - at.bottom - 2 * MARGIN };
  const above = room.above > room.below;
  menu.style.maxHeight = `${Math.max(room.above, room.below)}px`;
  const size = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(MARGIN, Math.min(at.left, innerWidth - size.width - MARGIN))}px`;
  menu.style.top = `${above ? at.top - size.height - MARGIN / 2 : at.bottom + MARGIN / 2}px`;
}
