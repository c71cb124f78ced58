// The sandbox's own JSON (sandbox control API). Every call may throw: the caller shows what happened.

async function ask(method, path, body, signal) {
  const raw = body instanceof Blob;
  const response = await fetch(path, {
    method,
    signal,
    cache: "no-store",
    headers: body && !raw ? { "Content-Type": "application/json" } : {},
    body: raw || !body ? body : JSON.stringify(body),
  });
  if (!response.ok) throw new Error(await problem(response));
  return response.json();
}

async function problem(response) {
  const said = await response.json().catch(() => null);
  return [`El simulador contestó ${response.status}.`, said?.error?.message].filter(Boolean).join(" ");
}

const query = (fields) => new URLSearchParams(Object.entries(fields).filter(([, value]) => value !== undefined)).toString();
const phonePath = (phone) => `/sandbox/phone/${encodeURIComponent(phone)}`;

/** What went wrong, in words for the person. */
export const reason = (error) => (error instanceof TypeError ? "No hay conexión con el simulador." : error.message);

export const listNumbers = async () => (await ask("GET", "/sandbox/numbers")).numbers;
export const listCustomers = async () => (await ask("GET", "/sandbox/customers")).customers;
export const putCustomer = (customer) => ask("POST", "/sandbox/customers", customer);

/** A customer's message; answers once the business's webhook did. */
export const sendAsCustomer = (phone, message) => ask("POST", `${phonePath(phone)}/messages`, message);

/** The owner answers from the WhatsApp Business app. */
export const sendAsOwner = (message) => ask("POST", "/sandbox/owner/messages", message);

/** Somebody answers in YCloud's web Inbox. */
export const sendFromInbox = (message) => ask("POST", "/sandbox/inbox/messages", message);

/** She changes her number: chat and customer move. */
export const changeNumber = (phone, change) => ask("POST", `${phonePath(phone)}/number`, change);

/** Moves the provider's clock of one chat. */
export const moveClock = (move) => ask("POST", "/sandbox/clock", move);

/** Puts a file where sends can name it: `{id, url, mime, size}`. A transcript is what its voice says. */
export const uploadMedia = (blob, { name, mime, transcript }) =>
  ask("POST", `/sandbox/media?${query({ name, mime, transcript })}`, blob);

/** Voices, a photo, a document and a sticker that are always there. */
export const listSamples = async () => {
  const answer = await ask("GET", "/sandbox/media/samples");
  return Array.isArray(answer) ? answer : answer.samples;
};

export const listFaults = async () => (await ask("GET", "/sandbox/faults")).faults;
export const addFault = (fault) => ask("POST", "/sandbox/faults", fault);
export const clearFaults = () => ask("DELETE", "/sandbox/faults");
export const clearFault = (id) => ask("DELETE", `/sandbox/faults/${encodeURIComponent(id)}`);

/** The chat as it stands, or as soon as its revision differs from `rev` (held at most `wait` seconds). */
export const readChat = (phone, to, { wait, rev, signal }) =>
  ask("GET", `${phonePath(phone)}/messages?${query({ to, wait, rev })}`, undefined, signal);
