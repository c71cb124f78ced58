import { io } from "socket.io-client";

import type { Connect } from "./useAgenda";

const REFUSED_AGAIN_MS = 5_000;

/** Socket.IO of the Orchestrator, signed in by the session's cookie. */
export const connectWire: Connect = (origin, tenant) => {
  const socket = io(origin || location.origin, {
    auth: { tenant_id: tenant },
    withCredentials: true,
    // WebSocket first: long polling would need every request to reach the same Orchestrator.
    transports: ["websocket", "polling"],
    tryAllTransports: true,
    reconnectionDelay: 500,
    reconnectionDelayMax: 5_000,
    timeout: 10_000,
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;
  // Refused or sent away by the server, the client would stay away for good: a session may begin again.
  const comeBack = () => {
    if (closed || socket.active) return;
    clearTimeout(timer);
    timer = setTimeout(() => socket.connect(), REFUSED_AGAIN_MS);
  };
  socket.on("connect_error", comeBack);
  socket.on("disconnect", comeBack);
  return {
    on: (event, listener) => socket.on(event, listener as (...args: unknown[]) => void),
    disconnect() {
      closed = true;
      clearTimeout(timer);
      socket.disconnect();
    },
  };
};
