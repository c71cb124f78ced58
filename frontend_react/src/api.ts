// The admin API for the agenda. The session is an HttpOnly cookie: no token ever passes through here.

import { detectApiBase } from "../../platform_ui/js/api.js";

import type { Alternative, Appointment } from "./shapes";

const TIMEOUT_MS = 15_000;

/** What the API refused or could not do; `message` is for people, `code` for us ("offline": no answer came at all). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly alternatives: Alternative[] = [],
    readonly appointment: Appointment | null = null,
  ) {
    super(message);
  }
}

export interface Api {
  /** Where Socket.IO is: an origin, or "" for this page's own. */
  readonly socketOrigin: string;
  /** Throws ApiError. */
  get<T>(path: string, tenant?: number): Promise<T>;
  /** The answer's body, null when it has none. Throws ApiError. */
  send<T>(method: "POST" | "PUT" | "DELETE", path: string, body?: unknown, tenant?: number): Promise<T>;
}

export function createApi(base: string): Api {
  async function call<T>(method: string, path: string, body: unknown, tenant: number | undefined): Promise<T> {
    const headers: Record<string, string> = {};
    if (tenant !== undefined) headers["X-Tenant-ID"] = String(tenant);
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let response: Response;
    try {
      response = await fetch(base + path, {
        method, headers, credentials: "include", cache: "no-store",
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch {
      throw new ApiError(0, "offline", "No hay conexión con el servidor. Revisá tu internet y probá de nuevo.");
    }
    const answer: unknown = await response.json().catch(() => null);
    if (!response.ok) throw refusal(response.status, answer);
    return answer as T;
  }

  return {
    socketOrigin: /^https?:/.test(base) ? new URL(base).origin : "",
    get: (path, tenant) => call("GET", path, undefined, tenant),
    send: (method, path, body, tenant) => call(method, path, body, tenant),
  };
}

function refusal(status: number, answer: unknown): ApiError {
  const error = (answer as { error?: Record<string, unknown> } | null)?.error ?? {};
  return new ApiError(
    status,
    String(error.code ?? "unknown"),
    String(error.message ?? `El servidor contestó con un error (${status}). Probá de nuevo.`),
    (error.alternatives as Alternative[] | undefined) ?? [],
    (error.appointment as Appointment | undefined) ?? null,
  );
}

const metaOf = (name: string): string => document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? "";

/** The API of this page (S-091), in development behind Vite's own proxy. */
export const apiOfPage = (): Api => createApi(import.meta.env.DEV ? "/api" : detectApiBase(location, metaOf("nexus-api-base")));

/** The panel's address: a path of this host, or ":port" of it. */
export function panelOfPage(): string {
  const said = metaOf("nexus-panel") || "/";
  return said.startsWith(":") ? `${location.protocol}//${location.hostname}${said}/` : said;
}

/** A fresh reference for a write that may be repeated (crypto.randomUUID exists only on secure origins). */
export const newRef = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
