import { AsyncLocalStorage } from "node:async_hooks";
import type { Socket } from "node:net";
import type { buildConnector } from "undici";

/** How long the parts of making a connection took, in milliseconds. */
export interface ConnectionTrace {
  dnsMs: number;
  connectMs: number;
  tlsMs: number;
  /** Connections that were made: 0 where one was there already. */
  connections: number;
}

/** Connections that are made while this runs tell their times to its trace. */
export const connectionTrace = new AsyncLocalStorage<ConnectionTrace>();

/** The same connector, which tells its times to the trace of the request that it was needed for. */
export function traced(connect: buildConnector.connector): buildConnector.connector {
  return (options, callback) => {
    const trace = connectionTrace.getStore();
    // undici's connector returns the socket, which its types do not say.
    const socket = connect(options, callback) as unknown;
    if (trace !== undefined && isSocket(socket)) watch(socket, trace);
    return socket;
  };
}

function watch(socket: Socket, trace: ConnectionTrace): void {
  let last = performance.now();
  const part = (): number => {
    const now = performance.now();
    const ms = now - last;
    last = now;
    return ms;
  };
  trace.connections++;
  socket
    .once("lookup", () => void (trace.dnsMs += part()))
    .once("connect", () => void (trace.connectMs += part()))
    .once("secureConnect", () => void (trace.tlsMs += part()));
}

function isSocket(value: unknown): value is Socket {
  return typeof value === "object" && value !== null && "once" in value;
}
