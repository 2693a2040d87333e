import type { Dispatcher } from "undici";
import type { Outgoing } from "./outgoing.ts";
import type { AnswerHeaders } from "./whole-answer.ts";

/** Where an answer came from: `revalidated` is the cache's, after the server said that nothing has changed. */
export type AnswerOrigin = "network" | "cache" | "revalidated" | "replay";

/** An answer whose headers are there. Its body may still be under way: read it, or end it with `discard`. */
export interface Arrived {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** As transferred, so possibly compressed. */
  readonly body: Dispatcher.ResponseData["body"] | Buffer;
  readonly origin: AnswerOrigin;
}

/** Reads a short rest, so that the connection can be used again, or ends the connection. */
export async function discard({ body }: Arrived): Promise<void> {
  if (!(body instanceof Uint8Array)) await body.dump();
}

/** Ends an answer at once, and its connection with it. */
export function abandon({ body }: Arrived): void {
  if (!(body instanceof Uint8Array)) body.on("error", () => undefined).destroy();
}

/** Sends one request, without following redirects; resolves when the headers of its answer are there. */
export type Send = (outgoing: Outgoing) => Promise<Arrived>;
