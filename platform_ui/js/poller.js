// Asking again every so often (S-085), never twice at once, and not at all while nobody looks.

const SLOWEST_MS = 30_000;

/**
 * Runs `task` now and then every `everyMs`; after a failure ever more slowly, telling `onError`. While the page is
 * hidden it rests, or runs every `hiddenMs()` when that is no null (who wants to be called has to be told).
 * The page's pollers keep one beat: what they ask at the same moment costs the server one look.
 * Returns {now, stop}: `now()` asks at once (after a question under way has ended).
 */
export function poll(task, { everyMs = 2000, hiddenMs = () => null, onError = () => {} } = {}) {
  let timer = null;
  let busy = false;
  let again = false;
  let stopped = false;
  let failures = 0;

  async function ask() {
    clearTimeout(timer);
    if (busy) { again = true; return; }
    if (stopped || (document.hidden && hiddenMs() === null)) return;
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
    const every = (document.hidden && hiddenMs()) || everyMs;
    const wait = Math.max(every, Math.min(every * 2 ** failures, SLOWEST_MS));
    timer = setTimeout(ask, wait - (performance.now() % every));
  }

  // Hidden, it goes on at the slower pace, if at all.
  const onVisible = () => (document.hidden ? rest() : ask());
  function rest() {
    clearTimeout(timer);
    if (!stopped && hiddenMs() !== null) timer = setTimeout(ask, hiddenMs());
  }
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
