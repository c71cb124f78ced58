import { rowsInSight } from "../chat_pages.js";
import { h, keyed, reconcile } from "../html.js";
import { chatRow, rowFacts } from "./chat_row.js";

const SPARE = 8; // rows kept ready above and below
const NEAR_END = 60;
const GUESS_PX = 88;

/**
 * The rows of a list of any length: only those near the view exist. `facts()` are {time, mine, draftOf}; `onNearEnd`
 * wants older ones. Returns {scroll, top, goUp, render, inSight, focus, reveal, stop}.
 */
export function chatRows({ facts, onNearEnd, onScroll }) {
  const kept = new Map(); // id -> {chat, minute, draft, signature, node}, of the rows that exist
  const rows = h("ul", { class: "rows" });
  const probe = h("div", { class: "row-probe", "aria-hidden": "true" });
  const scroll = h("div", { class: "list-scroll" }, rows, probe);
  let shown = { ids: [], chatOf: () => null, selected: null };
  let rowHeight = GUESS_PX;
  // As last seen: to ask the page again after a change would lay it out in the middle of a frame.
  let viewHeight = 0;
  let top = 0;
  let queued = false;
  let drawn = "";

  scroll.addEventListener("scroll", () => {
    if (queued) return;
    queued = true;
    requestAnimationFrame(() => {
      queued = false;
      top = scroll.scrollTop;
      const { from, to } = span();
      if (drawn !== `${from} ${to}`) paint();
      onScroll();
    });
  }, { passive: true });
  // Rows are as high as the reader's letters make them; to ask each time would lay the page out twice.
  const resized = new ResizeObserver(() => {
    const real = probe.offsetHeight;
    if (real && real !== rowHeight) {
      const before = rowHeight;
      rowHeight = real;
      scrollTo((top * real) / before);
    }
    viewHeight = scroll.clientHeight;
    paint();
  });
  resized.observe(scroll);
  resized.observe(probe);
  rows.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = shown.ids.indexOf(document.activeElement?.closest(".row-place")?.dataset.chat);
    const id = shown.ids[at + step];
    if (id) focus(id);
  });

  const span = () => rowsInSight(top, viewHeight, rowHeight, shown.ids.length, SPARE);

  function paint() {
    const { from, to } = span();
    const focusedId = rows.contains(document.activeElement) ? document.activeElement.closest(".row-place")?.dataset.chat : null;
    const places = Array.from({ length: to - from }, (_, index) => from + index);
    // The row with the focus stays where it is, even out of sight: Tab and the arrows go on from it.
    const focusedAt = focusedId ? shown.ids.indexOf(focusedId) : -1;
    if (focusedAt >= 0 && (focusedAt < from || focusedAt >= to)) places.push(focusedAt);
    places.sort((one, other) => one - other);
    const now = facts();
    const minute = Math.floor(Date.now() / 60_000);
    const ids = places.map((index) => shown.ids[index]);
    const nodes = ids.map((id) => rowOf(id, now, minute));
    for (const id of kept.keys()) if (!ids.includes(id)) kept.delete(id);
    nodes.forEach((node, at) => place(node, places[at], ids[at] === shown.selected));
    drawn = `${from} ${to}`;
    reconcile(rows, nodes);
    const whole = `${shown.ids.length * rowHeight}px`;
    if (rows.style.height !== whole) rows.style.height = whole;
    if (to > shown.ids.length - NEAR_END) onNearEnd();
  }

  /** The row of a chat, drawn anew only when it shows something else; words about time change by the minute. */
  function rowOf(id, { time, mine, draftOf }, minute) {
    const chat = shown.chatOf(id);
    const draft = id === shown.selected ? "" : draftOf(id);
    const known = kept.get(id);
    if (known && known.chat === chat && known.minute === minute && known.draft === draft) return known.node;
    const about = rowFacts(chat, { time, mine, draft });
    const signature = JSON.stringify(about);
    const node = known?.signature === signature ? known.node : keyed(chatRow(about), id);
    node.dataset.chat = id;
    kept.set(id, { chat, minute, draft, signature, node });
    return node;
  }

  function place(node, index, isSelected) {
    const at = `${index} ${rowHeight} ${shown.ids.length}`;
    if (node.dataset.at !== at) {
      node.dataset.at = at;
      node.style.transform = `translateY(${index * rowHeight}px)`;
      node.setAttribute("aria-setsize", shown.ids.length);
      node.setAttribute("aria-posinset", index + 1);
    }
    const link = node.firstElementChild;
    if (isSelected) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }

  function scrollTo(place) {
    scroll.scrollTop = place;
    top = place;
  }

  /** Brings a row into sight; nothing moves when it is. */
  function reveal(id) {
    const at = shown.ids.indexOf(id);
    if (at < 0) return false;
    const place = at * rowHeight;
    if (place < top) scrollTo(place);
    else if (place + rowHeight > top + viewHeight) scrollTo(place + rowHeight - viewHeight);
    paint();
    return true;
  }

  function focus(id) {
    if (!reveal(id)) return false;
    rows.querySelector(`[data-chat="${CSS.escape(id)}"] > a`)?.focus({ preventScroll: true });
    return true;
  }

  return {
    scroll,
    top: () => top,
    goUp: () => scrollTo(0),
    /** `ids` in order, `chatOf(id)`, `selected`. */
    render(next) {
      shown = next;
      paint();
    },
    repaint: paint,
    /** The first chat on the screen; null in an empty list. */
    inSight: () => shown.chatOf(shown.ids[Math.floor(top / rowHeight)]) ?? null,
    focus,
    reveal,
    stop: () => resized.disconnect(),
  };
}
