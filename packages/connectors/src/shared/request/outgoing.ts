import type { Readable } from "node:stream";
import type { FormData } from "undici";

/** What a request sends: a stream is made anew each time, as redirects and further attempts send it again. */
export type OutgoingBody = string | Uint8Array | FormData | (() => Readable) | undefined;

/** A request as it is sent. */
export interface Outgoing {
  readonly method: string;
  readonly url: URL;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: OutgoingBody;
}

/** A request whose body, if any, is a text. */
export interface TextRequest extends Outgoing {
  readonly body: string | undefined;
}
