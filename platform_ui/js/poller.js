// Asking again every so often (S-085), never twice at once, and not at all while nobody looks.

const SLOWEST_MS = 30_000;

/**
 * Runs `task` now and then every `everyMs`; after a failure ever more slowly, telling `onError`.
 * Returns {now, stop}: `now()` asks at once (after a question under way has ended).
 */
export function poll(task, { everyMs = 2000, onError = () => {} } = {}) {
  let timer = null;
  let busy = false;
  let again = false;
  let stopped = false;
  let failures = 0;

  async function ask() {
    clearTimeout(timer);
    if (busy) { again = true; return; }
    if (stopped || document.hidden) return;
    busy = true;
    try {
      await task();
      failures = 0;
    } catch (error) {
      failures += 1;
      if (!stopped) onError(error);
    }
    busy = false;
    if (stopped) return;
    if (again) { again = false; ask(); return; }
    timer = setTimeout(ask, Math.max(everyMs, Math.min(everyMs * 2 ** failures, SLOWEST_MS)));
  }

  const onVisible = () => document.hidden || ask();
  document.addEventListener("visibilitychange", onVisible);
  addEventListener("online", ask);
  ask();
  return {
    now: ask,
    stop() {
      stopped = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisible);
      removeEventListener("online", ask);
    },
  };
}
