// The admin API (contract section 4). The session is an HttpOnly cookie: no token ever passes through here.

const TIMEOUT_MS = 15_000;
const UPLOAD_TIMEOUT_MS = 180_000;
const AWAY = new Set([502, 503, 504]);

/**
 * Where the API is (S-091): an explicit setting first, then the seed's rules by host name, else the
 * same origin, where the platform-ui process proxies `/api`. Returns a base without a final slash.
 */
export function detectApiBase(location, configured = "") {
  if (configured.trim()) return configured.trim().replace(/\/+$/, "");
  const host = location.hostname;
  if (host === "localhost" || host === "127.0.0.1") return "http://localhost:8000";
  if (host.startsWith("platform-ui.")) return `${location.protocol}//orchestrator-service.${host.slice("platform-ui.".length)}`;
  if (host.startsWith("ui.")) return `${location.protocol}//api.${host.slice("ui.".length)}`;
  return "/api";
}

/**
 * What the API refused or could not do: `message` is for people, `code` for us ("offline": no answer at all),
 * `details` the error's further members.
 */
export class ApiError extends Error {
  constructor(status, code, message, correlationId = null, details = {}) {
    super(message);
    Object.assign(this, { status, code, correlationId, details });
  }
}

/** The client. `tenant` goes with every request; `onSignedOut` hears of an ended session, `onConnection` of true and false. */
export function createApi(base) {
  const api = {
    tenant: null,
    onSignedOut: () => {},
    onConnection: () => {},

    /** {status, body, etag}; with the `etag` of before, status 304 and no body when nothing changed. Throws ApiError. */
    async read(path, etag = null) {
      const response = await send("GET", path, undefined, etag ? { "If-None-Match": etag } : {});
      const body = response.status === 304 ? null : await response.json();
      return { status: response.status, body, etag: response.headers.get("ETag") ?? etag };
    },

    /** POST: the answer's body, or null when it has none; what asks somebody else may take its time. Throws ApiError. */
    write: (path, body, timeout) => ask("POST", path, body, {}, timeout),
    /** PUT and DELETE, as `write`. */
    put: (path, body) => ask("PUT", path, body),
    remove: (path) => ask("DELETE", path),

    /** POST that outlives this page, for what must still leave while it closes. */
    writeLeaving: (path, body) => ask("POST", path, body, { keepalive: true }),

    /** A file as it is; the answer's body. A big one over a slow line may take its time. Throws ApiError. */
    async upload(path, file) {
      const type = file.type || "application/octet-stream";
      const response = await send("POST", path, file, { "Content-Type": type }, UPLOAD_TIMEOUT_MS);
      return response.json();
    },

    /** An address of the API's own files (`media.url`) as the browser can open it; a full address stays. */
    fileUrl(url) {
      if (!url.startsWith("/")) return url;
      // An <img> sends no header: who has several shops says here which one it is.
      const shop = api.tenant === null ? "" : `${url.includes("?") ? "&" : "?"}tenant_id=${api.tenant}`;
      return `${base}${url}${shop}`;
    },
  };

  async function ask(method, path, body, options, timeout = TIMEOUT_MS) {
    const response = await send(method, path, body, {}, timeout, options);
    return response.status === 204 ? null : response.json().catch(() => null);
  }

  async function send(method, path, body, headers = {}, timeout = TIMEOUT_MS, options = {}) {
    if (api.tenant !== null) headers["X-Tenant-ID"] = String(api.tenant);
    const isData = body !== undefined && !(body instanceof Blob);
    if (isData) headers["Content-Type"] = "application/json";
    const response = await reach(`${base}${path}`, { ...options, method, headers, body: isData ? JSON.stringify(body) : body }, timeout);
    api.onConnection(!AWAY.has(response.status));
    if (response.ok || response.status === 304) return response;
    const error = await failure(response);
    if (error.status === 401 && path !== "/admin/login") api.onSignedOut();
    throw error;
  }

  async function reach(url, options, timeout) {
    try {
      return await fetch(url, { ...options, credentials: "include", cache: "no-store", signal: AbortSignal.timeout(timeout) });
    } catch {
      // fetch throws only when no answer came: no network, refused, cut or too late.
      api.onConnection(false);
      throw new ApiError(0, "offline", "No hay conexión con el servidor. Revisá tu internet y probá de nuevo.");
    }
  }

  return api;
}

async function failure(response) {
  const body = await response.json().catch(() => null);
  const { code = "unknown", message, correlation_id: correlationId, ...details } = body?.error ?? {};
  return new ApiError(response.status, code, message ?? `El servidor contestó con un error (${response.status}). Probá de nuevo.`, correlationId, details);
}

/** A fresh reference for a write that may be repeated (crypto.randomUUID exists only on secure origins). */
export const newRef = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
