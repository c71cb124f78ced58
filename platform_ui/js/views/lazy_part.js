import { failed, cardBones } from "./states.js";

/**
 * A part of a view whose module comes when it is opened: `bring()` is its import, `name` what it exports. Returns the
 * part's mount function.
 */
export const lazily = (bring, name) => (place, context, route) => {
  let left = false;
  let stop = () => {};

  async function go() {
    place.replaceChildren(cardBones());
    try {
      const module = await bring();
      if (left) return;
      place.replaceChildren();
      stop = module[name](place, context, route) ?? stop;
    } catch (error) {
      // A module that does not come is the network's fault; anything else is ours and has to be seen.
      if (!(error instanceof TypeError && /import|module/i.test(error.message))) throw error;
      if (!left) place.replaceChildren(failed(new Error("No hay conexión con el servidor. Revisá tu internet y probá de nuevo."), go));
    }
  }

  go();
  return () => {
    left = true;
    stop();
  };
};
