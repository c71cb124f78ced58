import { readChat } from "./api.js";

const WAIT_SECONDS = 20;

/** Reads the chat until aborted, each time something changed. A hidden page asks nothing: a browser has few connections. */
export async function followChat(customer, number, { signal, onChat, onAway }) {
  let rev;
  for (let failures = 0; !signal.aborted; ) {
    try {
      await whenVisible();
      const wait = rev === undefined ? undefined : WAIT_SECONDS;
      const chat = await readChat(customer.phone, number.phone, { wait, rev, signal });
      ({ rev } = chat);
      failures = 0;
      onChat(chat);
    } catch {
      // Aborted, or the sandbox is away: say so and ask again, ever more slowly.
      if (signal.aborted) return;
      onAway();
      rev = undefined;
      failures += 1;
      await pause(Math.min(1000 * 2 ** failures, 10_000), signal);
    }
  }
}

const whenVisible = () => document.hidden && new Promise((resolve) => {
  document.addEventListener("visibilitychange", resolve, { once: true });
});

const pause = (milliseconds, signal) => new Promise((resolve) => {
  const timer = setTimeout(resolve, milliseconds);
  signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
});
