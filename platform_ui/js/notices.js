// What calls a person who looks elsewhere: a notice of the desktop and a sound, both only by her choice.

let context = null;

/** Whether this browser has notices at all, and what it was told: "unsupported", "default", "granted" or "denied". */
export const noticeState = () => (typeof Notification === "undefined" || !isSecureContext ? "unsupported" : Notification.permission);

/** Asks the browser for leave, on a press only. Resolves to the new state. */
export const askForNotices = async () => (noticeState() === "unsupported" ? "unsupported" : Notification.requestPermission());

/** One notice for each chat; a newer one takes the place of the one before. */
export function showNotice({ title, body, tag, onPress }) {
  if (noticeState() !== "granted") return;
  try {
    const notice = new Notification(title, { body, tag, icon: "/favicon.svg", lang: "es-AR" });
    notice.addEventListener("click", () => {
      window.focus();
      notice.close();
      onPress();
    });
  } catch {
    // Chrome on Android has the name but not the thing; the choice says so where it is made.
  }
}

/** Two short notes, made here: no file to load. Before the first press on the page a browser keeps it silent. */
export function playSound() {
  context ??= typeof AudioContext === "undefined" ? null : new AudioContext();
  if (!context) return;
  context.resume().catch(() => {});
  [[660, 0], [880, 0.13]].forEach(([pitch, after]) => {
    const note = context.createOscillator();
    const volume = context.createGain();
    const at = context.currentTime + after;
    note.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, at);
    volume.gain.exponentialRampToValueAtTime(0.18, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.16);
    note.connect(volume).connect(context.destination);
    note.start(at);
    note.stop(at + 0.18);
  });
}
