import { initials, phone } from "../format.js";
import { h, marked } from "../html.js";
import { aroundHit, owner, ownerWords, personName, preview, speaker, windowLeft } from "../words.js";

/** A chat's address; with `message` the thread opens there. */
export const chatHref = (id, message = null) => `#/chats/${encodeURIComponent(id)}${message ? `?mensaje=${encodeURIComponent(message)}` : ""}`;

/** What a chat is called. */
export const chatName = (chat) => chat.display_name || phone(chat.wa_address || chat.external_user_id);

/**
 * What a row shows, as plain values: the row is drawn anew only when these change. `draft` is what was begun to be
 * written there, `mine` the user id of who looks.
 */
export function rowFacts(chat, { time, mine, draft }) {
  const state = owner(chat);
  const free = windowLeft(chat);
  return {
    id: chat.id,
    name: chatName(chat),
    at: chat.last_message_at,
    when: chat.last_message_at && time.short(chat.last_message_at),
    exact: chat.last_message_at && time.exact(chat.last_message_at),
    state,
    word: ownerWords(chat),
    who: speaker(chat),
    text: preview(chat.last_message_preview),
    draft: draft ?? "",
    match: chat.match ? { message_id: chat.match.message_id, ...aroundHit(chat.match) } : null,
    unread: chat.unread,
    // In whole hours: a list in which every row ticks is never at rest.
    left: free.open ? free.left.replace(/ h \d+ min$/, " h") : "",
    wrote: Boolean(chat.window_expires_at),
    assigned: chat.assigned_to ? (chat.assigned_to.user_id === mine ? "Vos" : personName(chat.assigned_to)) : "",
    labels: (chat.labels ?? []).map(({ name }) => name),
  };
}

/** One row of the list. */
export function chatRow(facts) {
  return h("li", { class: "row-place" }, h("a", { class: `row ${facts.state}`, href: chatHref(facts.id, facts.match?.message_id) },
    h("span", { class: "disc", "aria-hidden": "true" }, initials(facts.name)),
    h("span", { class: "row-line" },
      h("span", { class: "row-name" }, facts.name),
      facts.when && h("time", { class: "row-time", datetime: facts.at, title: facts.exact }, facts.when)),
    h("span", { class: "row-line" }, lastWords(facts),
      facts.unread > 0 && h("span", { class: "count" }, facts.unread > 99 ? "99+" : facts.unread, h("span", { class: "unseen" }, " sin leer"))),
    h("span", { class: "row-line row-facts" },
      h("span", { class: `owner ${facts.state}` }, facts.word),
      windowFact(facts),
      facts.assigned && h("span", { class: "row-fact row-who" }, h("span", { class: "unseen" }, "a cargo de "), facts.assigned),
      facts.labels.length > 0 && h("span", { class: "row-labels" }, h("span", { class: "label" }, facts.labels[0]),
        facts.labels.length > 1 && h("span", { class: "label", title: facts.labels.slice(1).join(", ") }, `+${facts.labels.length - 1}`)))));
}

function lastWords({ who, text, draft, match }) {
  if (match) return h("span", { class: "row-preview" }, marked(match.snippet, match.ranges));
  if (draft) return h("span", { class: "row-preview" }, h("span", { class: "row-draft" }, "Borrador: "), draft);
  return h("span", { class: "row-preview" }, who, text);
}

// Its sign is drawn by the style sheet: twenty icons a frame are too many while one scrolls.
function windowFact({ left, wrote }) {
  if (left) return h("span", { class: "row-fact row-open", title: `Podés escribirle por ${left} más` }, h("span", { class: "unseen" }, "ventana abierta "), left);
  return h("span", { class: "row-fact row-shut", title: wrote ? "Pasaron más de 24 h: sólo plantillas" : "Todavía no te escribió: sólo plantillas" }, wrote ? "cerrada" : "no escribió");
}
