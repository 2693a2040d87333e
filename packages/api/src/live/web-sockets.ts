import websocket from "@fastify/websocket";
import type { ApiServer } from "../server/api-routes.ts";
import { MESSAGE_BYTES } from "./connection.ts";

/** Lets routes take WebSockets; every other route refuses them. Before all routes. */
export async function allowWebSockets(server: ApiServer): Promise<void> {
  await server.register(websocket, {
    options: { maxPayload: MESSAGE_BYTES, perMessageDeflate: false, clientTracking: true },
    errorHandler: (_, socket) => socket.terminate(),
    preClose(done) {
      // Who took a connection ends it, with a word; nobody new is let in.
      server.websocketServer.close(() => undefined);
      done();
    },
  });
}
