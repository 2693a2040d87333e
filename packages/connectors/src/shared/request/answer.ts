import type { Readable } from "node:stream";
import type { Json } from "@millrace/core";
import type { AnswerOrigin } from "./arrived.ts";
import type { Charset } from "./charset.ts";
import type { Redirect } from "./follow.ts";
import type { AnswerHeaders } from "./whole-answer.ts";

/** What a body is asked for as, and what it then is. */
export interface BodyKinds {
  text: string;
  json: Json;
  buffer: Buffer;
  /** Decompressed. Read it to its end, or destroy it: until then it holds a connection. */
  stream: Readable;
}

/** `text`, `json`, `buffer` or `stream`. */
export type BodyKind = keyof BodyKinds;

/** Where the time of a request went, in milliseconds; of all attempts the last one, with all its redirects. */
export interface RequestTrace {
  /** Looking names up; 0 where there was a connection already. */
  readonly dnsMs: number;
  readonly connectMs: number;
  readonly tlsMs: number;
  /** From sending to the first byte of the last answer. */
  readonly firstByteMs: number;
  /** Until the body was there; of a stream: until it began. */
  readonly totalMs: number;
  /** Connections that were made for it. */
  readonly connections: number;
  /** How often it was sent. */
  readonly attempts: number;
}

/** An answer that was wanted. */
export interface Answer<As extends BodyKind = "text"> {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: AnswerHeaders;
  /** The address that answered, behind redirects. */
  readonly url: string;
  readonly redirects: readonly Redirect[];
  readonly body: BodyKinds[As];
  /** How `text` was decoded; undefined for other kinds. */
  readonly charset: Charset | undefined;
  readonly trace: RequestTrace;
  /** Bytes of the body as they came, so compressed ones where it was compressed. 0 for streams. */
  readonly transferredBytes: number;
  readonly origin: AnswerOrigin;
  /** True where the body did not come over the network. */
  readonly fromCache: boolean;
}
