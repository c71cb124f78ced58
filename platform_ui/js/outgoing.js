import { newRef } from "./api.js";
import { createPatches } from "./patches.js";
import { toastFailure, undoable } from "./toast.js";

/** How long a message may still be taken back before it leaves. */
export const UNDO_SECONDS = 3;
const AGAIN_MS = 120_000;
const LEFT_BEHIND = "Se cerró la página antes de saber si salió. Reintentar no lo manda dos veces.";

/**
 * What a person does in one chat, shown at once and taken back with the reason when it is refused. What she sends
 * waits for some seconds first. `known()` are the server's messages, `onChange` draws, `onDone` asks the server anew,
 * `onBack(messages, error)` gets what was taken back, or a text whose window has closed. `unsent` keeps what has no
 * answer yet. Returns {send, sendFiles, sendTemplate, actions, over, waiting, settleAfter, leave}.
 */
export function outgoing({ api, conversationId, known, unsent, onChange, onDone, onBack }) {
  const patches = createPatches();
  const flushes = new Set();
  const held = new Map(); // batch -> its timer
  let local = [];
  let left = false; // the chat is no longer in sight
  let queue = Promise.resolve();

  // Until the POST answers, its row may already be in the list: the same words by a person, not there when sent.
  const isSame = (item, message) => (message.id ? item.id === message.id
    : message.inFlight && item.author === "human" && item.type === message.type && item.content === message.content && !message.seen.has(item.id));

  function add(type, content, extra = {}) {
    const message = {
      ref: newRef(), role: "human_supervisor", author: "human", type, content, created_at: new Date().toISOString(),
      status: "pending", ...extra,
    };
    // Not part of what is drawn.
    Object.defineProperty(message, "seen", { value: new Set(known().map((item) => item.id)) });
    local.push(message);
    return message;
  }

  /** Shows messages that leave together in a moment. */
  function hold(messages) {
    for (const message of messages) {
      message.held = true;
      if (!message.file) unsent.keep(conversationId, message);
    }
    held.set(messages, setTimeout(release, UNDO_SECONDS * 1000, messages));
    onChange();
  }

  /** One after the other: they arrive in the order in which they were written. */
  function release(messages) {
    if (!held.has(messages)) return;
    clearTimeout(held.get(messages));
    held.delete(messages);
    for (const message of messages) {
      message.held = false;
      unsent.leaving(message.ref);
      queue = queue.then(() => deliver(message));
    }
    onChange();
  }

  function takeBack(message) {
    const messages = [...held.keys()].find((batch) => batch.includes(message));
    if (!messages) return;
    clearTimeout(held.get(messages));
    held.delete(messages);
    remove(messages);
    onBack(messages);
  }

  function remove(messages) {
    local = local.filter((other) => !messages.includes(other));
    for (const message of messages) unsent.drop(message.ref);
    onChange();
  }

  /** Sends or sends again: the same client_ref is the same row, so a repeat cannot become a second message. */
  async function deliver(message) {
    Object.assign(message, { status: "pending", trouble: "", inFlight: true });
    onChange();
    try {
      const body = { conversation_id: conversationId, client_ref: message.ref, ...(await payload(message)) };
      // Even when the page is closed meanwhile.
      const { id, status } = await api.writeLeaving("/admin/messages/send", body);
      Object.assign(message, { id, status, progress: "" });
      unsent.drop(message.ref);
      onDone();
    } catch (error) {
      if (error.code === "window_closed" && message.type === "text") {
        remove([message]);
        onBack([message], error);
      } else Object.assign(message, { status: "failed", trouble: error.message, progress: "", retry: true });
      if (left) toastFailure("No se pudo enviar lo último que escribiste.", error);
    }
    message.inFlight = false;
    onChange();
  }

  async function payload(message) {
    if (message.template) return { template: message.template };
    if (!message.file) return { text: message.content };
    if (!message.uploaded) {
      message.progress = "Subiendo…";
      onChange();
      const { id } = await api.upload(`/admin/media?${new URLSearchParams({ name: message.file.name })}`, message.file);
      message.uploaded = id;
    }
    return { media_id: message.uploaded, ...(message.content ? { text: message.content } : {}) };
  }

  async function ask(message, fields, path, failed) {
    try {
      const asked = patches.apply(message.id, fields, () => api.write(`/admin/messages/${message.id}/${path}`, {}));
      onChange();
      await asked;
      onDone();
    } catch (error) {
      onChange();
      toastFailure(failed, error);
    }
  }

  function discard(message) {
    const fields = { status: "discarded", status_reason: null, can_resend: false, can_discard: false };
    patches.hold(message.id, fields);
    onChange();
    const flush = undoable("Mensaje descartado.", {
      act() {
        flushes.delete(flush);
        ask(message, fields, "discard", "No se pudo descartar.");
      },
      undo() {
        flushes.delete(flush);
        patches.drop(message.id);
        onChange();
      },
    });
    flushes.add(flush);
  }

  const releaseAll = () => [...held.keys()].forEach(release);
  // A file cannot leave with the page: the browser asks whether to stay.
  const beforeClosing = (event) => local.some((message) => message.file && (message.held || message.inFlight)) && event.preventDefault();
  addEventListener("pagehide", releaseAll);
  addEventListener("beforeunload", beforeClosing);
  resume();

  /** What an earlier page left behind: just now, it is sent again; longer ago, a person decides. */
  function resume() {
    for (const { ref, type, content, template, at, left: mayBeThere } of unsent.of(conversationId)) {
      const about = template ? { template, details: { template: { name: template.name, text: content } } } : {};
      const message = add(type, content, { ref, created_at: new Date(at).toISOString(), ...about });
      if (mayBeThere && Date.now() - at < AGAIN_MS) queue = queue.then(() => deliver(message));
      else Object.assign(message, { status: "failed", trouble: LEFT_BEHIND, retry: true });
    }
  }

  return {
    send: (text) => hold([add("text", text)]),

    /** Each file is a message; the caption goes with the first. */
    sendFiles: (files, caption) => hold(files.map(({ file, kind }, index) => add(kind, index ? "" : caption, { file }))),

    /** `template` is {name, language, parameters}, `text` what the customer reads. */
    sendTemplate: (template, text) => hold([add("template", text, { template, details: { template: { name: template.name, text } } })]),

    actions: {
      takeBack,
      retry: (message) => { queue = queue.then(() => deliver(message)); },
      drop: (message) => remove([message]),
      resend: (message) => ask(message, { status: "pending", status_reason: null, can_resend: false, can_discard: false }, "resend", "No se pudo reenviar."),
      discard,
      transcribe: (message) => ask(message, { transcript_state: "waiting" }, "transcribe", "No se pudo transcribir."),
    },
    over: patches.over,
    settleAfter: patches.settleAfter,

    /** What the server does not have yet, given what it has. */
    waiting(remote) {
      local = local.filter((message) => !remote.some((item) => isSame(item, message)));
      return local;
    },

    /** The chat goes out of sight: what still could be taken back is done now. */
    leave() {
      left = true;
      releaseAll();
      [...flushes].forEach((flush) => flush());
      removeEventListener("pagehide", releaseAll);
      if (!local.some((message) => message.file && message.inFlight)) removeEventListener("beforeunload", beforeClosing);
    },
  };
}
