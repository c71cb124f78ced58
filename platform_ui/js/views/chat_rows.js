import { rowsInSight } from "../chat_pages.js";
import { h, keeper, reconcile } from "../html.js";
import { chatRow, rowFacts } from "./chat_row.js";

const SPARE = 8; // rows kept ready above and below
const NEAR_END = 60;
const GUESS_PX = 88;

/**
 * The rows of a list of any length: only those near the view exist. `facts()` are {time, mine, draftOf}; `onNearEnd`
 * wants older ones. Returns {element, scroll, render, inSight, focus, reveal, isHeld}.
 */
export function chatRows({ facts, onNearEnd, onScroll }) {
  const keep = keeper();
  const rows = h("ul", { class: "rows" });
  const scroll = h("div", { class: "list-scroll" }, rows);
  let shown = { ids: [], chatOf: () => null, selected: null };
  let rowHeight = GUESS_PX;
  let queued = false;

  scroll.addEventListener("scroll", () => {
    if (queued) return;
    queued = true;
    requestAnimationFrame(() => {
      queued = false;
      paint();
      onScroll();
    });
  }, { passive: true });
  const resized = new ResizeObserver(() => paint());
  resized.observe(scroll);
  rows.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = shown.ids.indexOf(document.activeElement?.closest(".row-place")?.dataset.chat);
    const id = shown.ids[at + step];
    if (id) focus(id);
  });

  const span = () => rowsInSight(scroll.scrollTop, scroll.clientHeight, rowHeight, shown.ids.length, SPARE);

  function paint() {
    const { from, to } = span();
    const focusedId = rows.contains(document.activeElement) ? document.activeElement.closest(".row-place")?.dataset.chat : null;
    const places = Array.from({ length: to - from }, (_, index) => from + index);
    // The row with the focus stays where it is, even out of sight: Tab and the arrows go on from it.
    const focusedAt = focusedId ? shown.ids.indexOf(focusedId) : -1;
    if (focusedAt >= 0 && (focusedAt < from || focusedAt >= to)) places.push(focusedAt);
    places.sort((one, other) => one - other);
    const { time, mine, draftOf } = facts();
    const nodes = places.map((index) => {
      const chat = shown.chatOf(shown.ids[index]);
      const known = rowFacts(chat, { time, mine, draft: chat.id === shown.selected ? "" : draftOf(chat.id) });
      const node = keep(chat.id, JSON.stringify(known), () => chatRow(known));
      node.dataset.chat = chat.id;
      place(node, index, chat.id === shown.selected);
      return node;
    });
    keep.only(new Set(places.map((index) => shown.ids[index])));
    reconcile(rows, nodes);
    measure();
    if (to > shown.ids.length - NEAR_END) onNearEnd();
  }

  function place(node, index, isSelected) {
    node.style.transform = `translateY(${index * rowHeight}px)`;
    node.setAttribute("aria-setsize", shown.ids.length);
    node.setAttribute("aria-posinset", index + 1);
    const link = node.firstElementChild;
    if (isSelected) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }

  /** Rows are as high as the reader's letters make them. */
  function measure() {
    rows.style.height = `${shown.ids.length * rowHeight}px`;
    const real = rows.firstElementChild?.offsetHeight;
    if (!real || Math.abs(real - rowHeight) < 1) return;
    scroll.scrollTop *= real / rowHeight;
    rowHeight = real;
    paint();
  }

  /** Brings a row into sight; nothing moves when it is. */
  function reveal(id) {
    const at = shown.ids.indexOf(id);
    if (at < 0) return false;
    const top = at * rowHeight;
    if (top < scroll.scrollTop) scroll.scrollTop = top;
    else if (top + rowHeight > scroll.scrollTop + scroll.clientHeight) scroll.scrollTop = top + rowHeight - scroll.clientHeight;
    paint();
    return true;
  }

  function focus(id) {
    if (!reveal(id)) return false;
    rows.querySelector(`[data-chat="${CSS.escape(id)}"] > a`)?.focus({ preventScroll: true });
    return true;
  }

  return {
    rows,
    scroll,
    /** `ids` in order, `chatOf(id)`, `selected`. */
    render(next) {
      shown = next;
      paint();
    },
    /** The first chat on the screen; null in an empty list. */
    inSight: () => shown.chatOf(shown.ids[Math.floor(scroll.scrollTop / rowHeight)]) ?? null,
    focus,
    reveal,
    /** Whether somebody is looking at particular rows: they must keep their places. */
    isHeld: () => scroll.scrollTop > 8 || rows.matches(":hover"),
    stop: () => resized.disconnect(),
  };
}
