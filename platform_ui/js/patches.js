// Changes that are shown before the server has confirmed them, and taken back when it refuses.

/** Keeps fields by id over what the server said. Returns {over, apply, drop, settleAfter}. */
export function createPatches() {
  const held = new Map();
  return {
    /** The item as it is shown. */
    over: (item) => (held.has(item.id) ? { ...item, ...held.get(item.id).fields } : item),

    /** Shows `fields` until the first answer that was asked for after `request` has succeeded; throws what it throws. */
    async apply(id, fields, request) {
      const patch = { fields, settled: false };
      held.set(id, patch);
      try {
        const answer = await request();
        patch.settled = true;
        return answer;
      } catch (error) {
        if (held.get(id) === patch) held.delete(id);
        throw error;
      }
    },

    /** Shows `fields` with nothing asked of the server yet. */
    hold: (id, fields) => held.set(id, { fields, settled: false }),
    drop: (id) => held.delete(id),

    /**
     * Called before the server is asked; its result, after the answer, drops what the answer already holds and says
     * whether there was any.
     */
    settleAfter() {
      const settled = [...held].filter(([, patch]) => patch.settled);
      return () => settled.filter(([id, patch]) => held.get(id) === patch && held.delete(id)).length > 0;
    },
  };
}
