import { poll } from "./poller.js";

const EVERY_MS = 60_000;
const WORSE_FIRST = ["error", "warn", "ok"];

/**
 * Asks now and then how everything is that the shop needs. Returns {state, first, onChange, now, stop}; `state()` is
 * {items, error, checkedAt}: items null until the first answer, the worst first; error when the last question failed.
 * `first` is kept once the first question has been answered in whatever way.
 */
export function watchHealth(api) {
  const listeners = new Set();
  let state = { items: null, error: null, checkedAt: null };
  let answered;
  const first = new Promise((resolve) => { answered = resolve; });

  async function ask() {
    const { body } = await api.read("/admin/health");
    const items = body.items.toSorted((one, other) => WORSE_FIRST.indexOf(one.level) - WORSE_FIRST.indexOf(other.level));
    tell({ items, error: null, checkedAt: body.checked_at ?? null });
  }

  function tell(next) {
    state = next;
    for (const listener of listeners) listener(state);
    answered();
  }

  const poller = poll(ask, { everyMs: EVERY_MS, onError: (error) => tell({ ...state, error }) });
  return {
    state: () => state,
    first,
    /** Hears of every answer; returns how to stop hearing. */
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    now: poller.now,
    stop() {
      listeners.clear();
      poller.stop();
    },
  };
}

/** What needs somebody's attention, the worst first. */
export const troubles = (items) => (items ?? []).filter(({ level }) => level !== "ok");
