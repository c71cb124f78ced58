/**
 * What a person does about a chat; each is shown at once. `change(id, fields, request, failed)` shows, asks and takes
 * back. Returns {pause, off, giveBack, handoff, assign, label, sent, seen}.
 */
export function chatActions({ api, me, change, onSent }) {
  const path = (id, what) => `/admin/conversations/${encodeURIComponent(id)}/${what}`;
  const silenced = (until, cause, reason = null) => ({
    human_override_until: until, override_cause: cause, override_author: me.email, override_since: new Date().toISOString(), override_reason: reason,
  });

  return {
    /** The bot is silent until `until` (RFC 3339), or as long as the shop always says without it. */
    pause: (id, { until = null, reason = "" } = {}) => change(id, silenced(until ?? inHours(24), "panel_pause", reason || null),
      () => api.write(path(id, "human-override"), { enabled: true, ...(until && { until }), ...(reason && { reason }) }), "No se pudo pausar el bot."),

    /** The bot stays out of this chat until it is given back. */
    off: (id, { reason = "" } = {}) => change(id, silenced("9999-12-31T00:00:00Z", "panel_off", reason || null),
      () => api.write(path(id, "human-override"), { enabled: true, off: true, ...(reason && { reason }) }), "No se pudo apagar el bot."),

    giveBack: (id, answerPending) => change(id, { human_override_until: null, needs_human_since: null, needs_human_reason: null, override_reason: null },
      () => api.write(path(id, "human-override"), { enabled: false, answer_pending: answerPending }), "No se pudo devolver al bot."),

    handoff: (id, reason) => change(id, silenced(inHours(24), "panel_handoff"), () => api.write(path(id, "handoff"), { reason }), "No se pudo derivar."),

    /** `somebody` is {user_id, email, name}, or null. */
    assign: (id, somebody) => change(id, { assigned_to: somebody }, () => api.put(path(id, "assignee"), { user_id: somebody?.user_id ?? null }), "No se pudo asignar."),

    label: (id, labels) => change(id, { labels }, () => api.put(path(id, "labels"), { label_ids: labels.map((label) => label.id) }), "No se pudieron cambiar las etiquetas."),

    /** Something was sent: a person's message pauses the bot (S-086), and the list says so as soon as the server does. */
    sent: onSent,
    seen: onSent,
  };
}

const inHours = (hours) => new Date(Date.now() + hours * 3_600_000).toISOString();
