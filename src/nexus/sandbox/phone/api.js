// The sandbox's own JSON (sandbox control API). Every call may throw: the caller shows what happened.

async function ask(method, path, body, signal) {
  const response = await fetch(path, {
    method,
    signal,
    cache: "no-store",
    headers: body ? { "Content-Type": "application/json" } : {},
    body: body ? JSON.stringify(body) : undefined,
  });
  if (!response.ok) throw new Error(`El simulador contestó ${response.status}.`);
  return response.json();
}

const query = (fields) => new URLSearchParams(Object.entries(fields).filter(([, value]) => value !== undefined)).toString();
const chatPath = (phone) => `/sandbox/phone/${encodeURIComponent(phone)}/messages`;

export const listNumbers = async () => (await ask("GET", "/sandbox/numbers")).numbers;
export const listCustomers = async () => (await ask("GET", "/sandbox/customers")).customers;
export const addCustomer = (customer) => ask("POST", "/sandbox/customers", customer);

/** A customer's message; answers once the business's webhook did. */
export const sendAsCustomer = (phone, message) => ask("POST", chatPath(phone), message);

/** The owner answers from the WhatsApp Business app. */
export const sendAsOwner = (message) => ask("POST", "/sandbox/owner/messages", message);

/** The chat as it stands, or as soon as its revision differs from `rev` (held at most `wait` seconds). */
export const readChat = (phone, to, { wait, rev, signal }) =>
  ask("GET", `${chatPath(phone)}?${query({ to, wait, rev })}`, undefined, signal);
