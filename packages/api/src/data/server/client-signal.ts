import type { FastifyReply } from "fastify";

/** Is aborted when the client goes away before it has its answer. */
export function clientSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) gone.abort(new ClientGone());
  });
  return gone.signal;
}

/** Nobody waits for the answer any more: there is nobody to be told of it. */
export class ClientGone extends Error {
  constructor() {
    super("The client went away");
    this.name = "ClientGone";
  }
}
