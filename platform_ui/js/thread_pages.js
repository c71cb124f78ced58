// The messages of a chat that are loaded: its end, which is asked for again and again, and perhaps a place far back.

const byTime = (one, other) => Date.parse(one.created_at) - Date.parse(other.created_at);

/** Two runs of messages as one, each once, oldest first; what `newer` says of a message counts. */
export function joined(older, newer) {
  const ids = new Set(newer.map(({ id }) => id));
  return [...older.filter(({ id }) => !ids.has(id)), ...newer].sort(byTime);
}

const overlap = (some, others) => {
  const ids = new Set(others.map(({ id }) => id));
  return some.some(({ id }) => ids.has(id));
};

/**
 * Pages are {items (oldest first), next (`before` of the page above), last (`after` of the page below)}.
 * Returns {shown, newest, isPast, before, after, takeNewest, takeOlder, takeAround, takeLater, toEnd}.
 */
export function threadPages() {
  let newest = null;
  let older = [];
  let next = null;
  let past = null; // {items, next, last} while the place in sight does not join the end

  return {
    newest: () => newest,
    shown: () => (past ? past.items : [...older, ...(newest ?? [])]),
    isPast: () => past !== null,
    /** The cursor of what is above what is shown, and of what is below it. */
    before: () => (past ? past.next : next),
    after: () => past?.last ?? null,

    /** The newest page slides over what is known; after a gap (the page slept) the older ones are dropped. */
    takeNewest(page) {
      const ids = new Set(page.items.map(({ id }) => id));
      if (newest && overlap(newest, page.items)) older.push(...newest.filter(({ id }) => !ids.has(id)));
      else [older, next] = [[], page.next];
      newest = page.items;
    },

    takeOlder(page) {
      if (past) past = { ...past, items: joined(page.items, past.items), next: page.next };
      else [older, next] = [joined(page.items, older), page.next];
    },

    /** A page around one message: joins the end when it reaches it, else it is shown alone. */
    takeAround(page) {
      const end = [...older, ...newest];
      if (overlap(page.items, end)) {
        const ids = new Set(newest.map(({ id }) => id));
        older = joined(page.items, older).filter(({ id }) => !ids.has(id));
        [next, past] = [page.next, null];
      } else past = { items: page.items, next: page.next, last: page.last };
    },

    /** The page below what is shown; `page.next` null: nothing is left between it and the end. */
    takeLater(page) {
      const items = joined(past.items, page.items);
      if (page.next !== null && page.items.length && !overlap(items, [...older, ...newest])) {
        past = { ...past, items, last: page.last };
        return;
      }
      const ids = new Set(newest.map(({ id }) => id));
      older = joined(items, older).filter(({ id }) => !ids.has(id));
      [next, past] = [past.next, null];
    },

    toEnd: () => { past = null; },
  };
}
