import { openMenu } from "./menu.js";

const EMOJI = { "👍": "pulgar arriba", "❤️": "corazón", "😂": "risa", "😮": "sorpresa", "😢": "tristeza", "🙏": "gracias" };
const LONG_PRESS_MS = 450;
const STILL_PX = 8;

/** Her reaction to a message, or null. */
export const herReaction = (message) => message.reactions?.find((reaction) => reaction.author === "customer")?.emoji ?? null;

/** What can be done with a message: react (again: take it back) and answer quoting it. */
export function openMessageMenu(anchor, message, { onReact, onReply, back }) {
  const hers = herReaction(message);
  openMenu(anchor, "Qué hacer con este mensaje", [
    {
      title: "Reaccionar",
      row: true,
      items: Object.entries(EMOJI).map(([emoji, name]) => ({
        glyph: emoji,
        label: emoji === hers ? `Quitar la reacción: ${name}` : `Reaccionar: ${name}`,
        checked: emoji === hers,
        act: () => onReact(message, emoji === hers ? null : emoji),
      })),
    },
    { items: [{ label: "Responder", icon: "reply", act: () => onReply(message) }] },
  ], back);
}

/** Opens the menu by a long touch or the other mouse button; links and what was selected keep their own. */
export function listenForLongPress(element, open) {
  let timer = 0;
  let start = null;
  let opened = false;
  const own = (event) => event.target.closest("a, button, input, video") || !getSelection().isCollapsed;
  element.addEventListener("contextmenu", (event) => {
    if (own(event)) return;
    event.preventDefault();
    // The same long touch may tell of itself twice.
    if (!opened) open();
  });
  element.addEventListener("pointerdown", (event) => {
    opened = false;
    if (event.pointerType !== "touch" || own(event)) return;
    start = event;
    timer = setTimeout(() => {
      opened = true;
      open();
      swallowClick();
    }, LONG_PRESS_MS);
  });
  element.addEventListener("pointermove", (event) => {
    if (start && Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) > STILL_PX) clearTimeout(timer);
  });
  for (const end of ["pointerup", "pointercancel", "contextmenu"]) element.addEventListener(end, () => clearTimeout(timer));
}

/** The finger that opened a menu is lifted over it: that is no choice. */
function swallowClick() {
  const swallow = (event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  document.addEventListener("click", swallow, true);
  document.addEventListener("pointerdown", () => document.removeEventListener("click", swallow, true), { capture: true, once: true });
}

/** One Tab stop for all messages: the newest one's button; the arrows go to the others. */
export function walkMessages(log) {
  log.addEventListener("keydown", (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step || event.target.dataset.key !== "menu") return;
    const buttons = [...log.querySelectorAll("[data-key=menu]")];
    const next = buttons[buttons.indexOf(event.target) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.closest("[data-id]").scrollIntoView({ block: "nearest" });
  });
}
