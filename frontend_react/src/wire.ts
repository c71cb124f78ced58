import { io } from "socket.io-client";

import type { Connect } from "./useAgenda";

/** Socket.IO of the Orchestrator, signed in by the session's cookie. */
export const connectWire: Connect = (origin, tenant) =>
  io(origin || location.origin, {
    auth: { tenant_id: tenant },
    withCredentials: true,
    // WebSocket first: long polling would need every request to reach the same Orchestrator.
    transports: ["websocket", "polling"],
    tryAllTransports: true,
    reconnectionDelay: 500,
    reconnectionDelayMax: 5_000,
    timeout: 10_000,
  });
