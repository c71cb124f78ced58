import { reason, sendAsCustomer } from "./api.js";

const BRIEF_MS = 6000;

/**
 * What the customer said and the simulator has not shown yet, so that it stands in the chat at once.
 * `onChange` after every change; `warn(text, ms)` says what went wrong until the next
 * message, or what was done for so long; "" when all is well.
 */
export function outbox(customer, number, { onChange, warn }) {
  const waiting = new Map();

  async function deliver(message) {
    Object.assign(message, { status: "pending", trouble: "" });
    onChange();
    try {
      const { delivery } = await sendAsCustomer(customer.phone, {
        text: message.text, to: number.phone, name: customer.name, wamid: message.wamid, ...message.request,
      });
      if (delivery && delivery.status !== 200) warn(`El webhook del negocio contestó ${delivery.status}; se reintenta solo.`);
      else warn("");
    } catch (error) {
      Object.assign(message, { status: "failed", trouble: reason(error) });
    }
    onChange();
  }

  return {
    /** The messages that the chat of the simulator does not hold yet. */
    beyond(remote) {
      for (const message of remote) waiting.delete(message.wamid);
      return [...waiting.values()];
    },

    /** Says a message ({type, text, request, …} as a bubble shows it), quoting another one if given. */
    async say(message, quote = null) {
      const wamid = `wamid.sim.${randomHex()}`;
      const local = {
        type: "text", ...message, id: wamid, wamid, author: "customer", at: new Date().toISOString(), local: true,
        quoted: quote && { wamid: quote.wamid, author: quote.author, type: quote.type, text: quote.text },
        request: { ...message.request, ...(message.referral && { referral: message.referral }), ...(quote && { quote: quote.wamid }) },
      };
      waiting.set(wamid, local);
      await deliver(local);
    },

    /** Does something of the customer that is no bubble: a reaction, a chat opened without words; then says `done`. */
    async act(request, done = "") {
      try {
        await sendAsCustomer(customer.phone, { to: number.phone, name: customer.name, ...request });
        warn(done, BRIEF_MS);
      } catch (error) {
        warn(reason(error));
      }
    },

    retry: deliver,
  };
}

// crypto.randomUUID exists only on secure origins; the simulator may be opened over plain http on the shop's network.
const randomHex = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
