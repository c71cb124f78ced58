import { h, icon, keeper, richText } from "../html.js";
import { UNDO_SECONDS } from "../outgoing.js";
import { STATES, typeName } from "../words.js";
import { detailsOf, productOf, referralOf, saysItAll } from "./message_details.js";
import { hasFile, mediaOf, transcriptOf } from "./message_media.js";

const LABELS = { bot: "Bot", human: "Persona", customer: "Cliente" };
const MAY_RESEND = "Si lo reenviás puede llegarle dos veces: fijate antes en el teléfono.";
const NOT_YET = "La confirmación todavía puede llegar; si en diez minutos no llegó, vas a poder reenviarlo.";

/**
 * Draws the messages of a thread, keeping the elements of those that did not change. `actions` are
 * {retry, drop, takeBack, resend, discard, transcribe, reveal, why}; all but the last two are missing for who only
 * reads.
 */
export function messagePainter({ time, fileUrl, actions }) {
  const keep = keeper();

  /** Day chips and bubbles for `messages` (ascending); neighbours of one author grow together. */
  return function paint(messages) {
    const nodes = [];
    let previous = null;
    for (const message of messages) {
      const day = time.dayKey(message.created_at);
      const newDay = !previous || time.dayKey(previous.created_at) !== day;
      if (newDay) {
        const name = time.dayName(message.created_at);
        nodes.push(keep(`day ${day}`, name, () => h("div", { class: "day" }, name)));
      }
      const first = newDay || previous.author !== message.author;
      const answer = Boolean(message.burst_id) && message.author === "bot"
        && !(previous?.author === "bot" && previous.burst_id === message.burst_id);
      nodes.push(keep(message.ref ?? message.id, JSON.stringify([first, answer, message]), () => draw(message, first, answer)));
      previous = message;
    }
    return nodes;
  };

  /** `first` of its author's run; `answer`: the first bubble of an answer of the bot, which says why. */
  function draw(message, first, answer) {
    const id = message.id && bubbleId(message.id);
    if (message.role === "system") return h("div", { class: "system-line", id, title: time.exact(message.created_at) }, message.content);
    const mine = message.author !== "customer";
    const bare = message.type === "sticker" && message.media;
    const classes = ["bubble", message.author, mine && "ours", first && "first", bare && "bare", message.status === "unknown" && "doubtful",
      message.status === "discarded" && "discarded", message.held && "held", message.reactions?.length && "reacted"];
    return h("div", { class: classes.filter(Boolean).join(" "), id, tabindex: "-1" },
      h("span", { class: "unseen" }, mine ? "" : "Cliente: "),
      mine && h("span", { class: first || answer ? "bubble-author" : "unseen" }, LABELS[message.author],
        answer && [" · ", press("por qué", () => actions.why(message))]),
      referralOf(message), productOf(message), quoted(message), content(message),
      h("span", { class: "bubble-foot" },
        h("time", { datetime: message.created_at, title: time.exact(message.created_at) }, time.hour(message.created_at)),
        mine && mark(message.status)),
      message.held ? takingBack(message) : mine && trouble(message), reactions(message));
  }

  function content(message) {
    const file = hasFile(message) ? mediaOf(message, { fileUrl, keep: (name, signature, make) => keep(`${name} ${message.ref ?? message.id}`, signature, make) }) : null;
    if (message.type === "audio") return [file, transcriptOf(message, actions.transcribe)];
    const details = detailsOf(message);
    const words = message.content && !saysItAll(message) ? h("span", { class: "bubble-text" }, richText(message.content)) : null;
    if (file || details || words) return [file, details, words];
    return h("span", { class: "bubble-text quiet" }, `${typeName(message.type)} sin texto`);
  }

  /** The strip of the message that this one answers; a press goes to it. */
  function quoted({ quoted: of }) {
    if (!of) return null;
    if (!of.type) return h("div", { class: "quoted" }, h("span", { class: "quoted-text" }, "Responde a un mensaje que no está acá"));
    const inside = [h("span", { class: "quoted-author" }, LABELS[of.author] ?? "Sistema"), h("span", { class: "quoted-text" }, of.text || typeName(of.type))];
    const classes = `quoted ${of.author ?? ""}`;
    if (!of.id) return h("div", { class: classes }, h("span", { class: "unseen" }, "Responde a: "), inside);
    return h("button", { class: classes, type: "button", onclick: () => actions.reveal(of.id) }, h("span", { class: "unseen" }, "Ir al mensaje que responde: "), inside);
  }

  /** It has not left yet: the line runs out in the time that is left. */
  function takingBack(message) {
    return h("span", { class: "bubble-held" }, h("span", {}, `Se envía en ${UNDO_SECONDS} s · `), press("Deshacer", () => actions.takeBack(message)),
      h("span", { class: "held-bar", "aria-hidden": "true" }));
  }

  function trouble(message) {
    if (message.trouble) {
      return h("span", { class: "bubble-trouble" }, message.trouble, " ",
        message.retry && [press("Reintentar", () => actions.retry(message)), " ", press("Quitar", () => actions.drop(message))]);
    }
    const reason = message.status_reason?.message;
    if (message.resent_as) return h("span", { class: "bubble-trouble" }, reason, " ", press("Ir al que se reenvió", () => actions.reveal(message.resent_as)));
    if (!["failed", "unknown", "discarded"].includes(message.status)) return message.progress ? h("span", { class: "bubble-progress" }, message.progress) : null;
    // What was let go says itself why.
    const said = [message.status === "discarded" && reason ? "" : STATES[message.status][1], reason].filter(Boolean).join(": ");
    const canResend = message.can_resend && actions.resend;
    const canDiscard = message.can_discard && actions.discard;
    return h("div", { class: "bubble-trouble" }, h("p", {}, said, actions.resend && message.status === "unknown" && ` ${canResend ? MAY_RESEND : NOT_YET}`),
      (canResend || canDiscard) && h("div", { class: "bubble-actions" },
        canResend && press("Reenviar", () => actions.resend(message)), canDiscard && press("Descartar", () => actions.discard(message))));
  }
}

/** The element's id of a message, by which it is gone to. */
export const bubbleId = (id) => `message-${id}`;

const press = (words, onclick) => h("button", { class: "link", type: "button", onclick }, words);

function reactions({ reactions: given }) {
  if (!given?.length) return null;
  return h("span", { class: "reactions" }, given.map(({ author, emoji }) => h("span", { role: "img", "aria-label": `${LABELS[author] ?? "Alguien"} reaccionó ${emoji}` }, emoji)));
}

function mark(status) {
  const state = STATES[status];
  return state ? h("span", { class: `mark ${status}`, title: state[1] }, icon(state[0], state[1])) : null;
}
