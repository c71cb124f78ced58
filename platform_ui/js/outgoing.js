import { newRef } from "./api.js";
import { createPatches } from "./patches.js";
import { toastFailure, undoable } from "./toast.js";

/**
 * What a person does in one chat, shown at once and taken back with the reason when it is refused. `known()` are
 * the server's messages, `onChange` draws, `onDone` asks the server anew, `onClosed` gets a text whose window
 * has closed. Returns {send, sendFiles, sendTemplate, actions, over, waiting, settleAfter, leave}.
 */
export function outgoing({ api, conversationId, known, onChange, onDone, onClosed }) {
  const patches = createPatches();
  const flushes = new Set();
  let local = [];
  let left = false; // the chat is no longer in sight

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

  /** Sends or sends again: the same client_ref is the same row, so a repeat cannot become a second message. */
  async function deliver(message) {
    Object.assign(message, { status: "pending", trouble: "", inFlight: true });
    onChange();
    try {
      const body = { conversation_id: conversationId, client_ref: message.ref, ...(await payload(message)) };
      const { id, status } = await api.write("/admin/messages/send", body);
      Object.assign(message, { id, status, progress: "" });
      onDone();
    } catch (error) {
      if (error.code === "window_closed" && message.type === "text") {
        local = local.filter((other) => other !== message);
        onClosed(message, error);
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

  return {
    send: (text) => deliver(add("text", text)),

    /** Each file is a message; the caption goes with the first, and one waits for the other so that they keep their order. */
    async sendFiles(files, caption) {
      const messages = files.map(({ file, kind }, index) => add(kind, index ? "" : caption, { file }));
      for (const message of messages) await deliver(message);
    },

    /** `template` is {name, language, parameters}, `text` what the customer reads. */
    sendTemplate: (template, text) => deliver(add("template", text, { template, details: { template: { name: template.name, text } } })),

    actions: {
      retry: deliver,
      drop(message) {
        local = local.filter((other) => other !== message);
        onChange();
      },
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
      [...flushes].forEach((flush) => flush());
    },
  };
}
