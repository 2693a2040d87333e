import type { Readable } from "node:stream";
import { MillraceError, type Json } from "@millrace/core";
import type { ProxyPool } from "../proxies/proxy-pool.ts";
import type { BodyKind } from "./answer.ts";
import type { Multipart } from "./multipart.ts";
import type { ResponseCache } from "./cache/response-cache.ts";
import type { RetryOptions } from "./retry-policy.ts";
import type { Session } from "./session/session.ts";

/** Options of one request. */
export interface RequestOptions<As extends BodyKind = BodyKind> {
  /** Default GET, or POST where something is sent. */
  readonly method?: string;
  /** Query parameters, in place of those of the same name; null and undefined are left out. */
  readonly query?: Readonly<
    Record<string, string | number | boolean | null | undefined | readonly (string | number | boolean)[]>
  >;
  /** JSON document to send. */
  readonly json?: Json;
  /** Fields of a form to send. */
  readonly form?: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  /** Fields and files of a form to send as `multipart/form-data`; files are read while they are sent. */
  readonly multipart?: Multipart;
  /** What to send as it is; a stream as a function that makes it, because it may have to be sent again. */
  readonly body?: string | Uint8Array | (() => Readable);
  /** Headers, in place of the client's of the same name. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How to try again, in place of what the client says; false: not at all. */
  readonly retry?: RetryOptions | false;
  /** Longest silence in ms. Default: the client's. */
  readonly timeoutMs?: number;
  /** Longest time for all of it: milliseconds, or such as `"5 minutes"`. Default: the client's. */
  readonly maxTime?: number | string;
  /** Largest body in bytes, decompressed. Default: the client's. */
  readonly maxBytes?: number;
  /** Redirects that are followed; -1: a redirect is an answer like any other. Default: the client's. */
  readonly maxRedirects?: number;
  /** What the body is wanted as. Default `text`. */
  readonly as?: As;
  /** Encoding of the text, in place of what is found out. */
  readonly charset?: string;
  /** Statuses that are no failure: `success` (200 to 299, and 304 where it was asked for), `any`, or a list. Default `success`. */
  readonly expect?: "success" | "any" | readonly number[];
  /** Called before each request that is sent, also for redirects and further attempts; throws where it must not be sent. */
  readonly guard?: (url: URL) => void | Promise<void>;
  /** Whose cookies and headers it has, and who learns from the answer. Default: nobody's. */
  readonly session?: Session;
  /** Proxy or pool of proxies in place of the client's; false: none. */
  readonly proxy?: string | ProxyPool | false;
  /** Tags that a proxy of the pool must have, such as a country. Default: none. */
  readonly proxyTags?: readonly string[];
  /** Cache in place of the client's; false: none. */
  readonly cache?: ResponseCache | false;
  /** Ends the request; it fails with the signal's reason. */
  readonly signal?: AbortSignal;
}

const KNOWN: ReadonlySet<string> = new Set<keyof RequestOptions>([
  "method",
  "query",
  "json",
  "form",
  "multipart",
  "body",
  "headers",
  "retry",
  "timeoutMs",
  "maxTime",
  "maxBytes",
  "maxRedirects",
  "as",
  "charset",
  "expect",
  "guard",
  "session",
  "proxy",
  "proxyTags",
  "cache",
  "signal",
]);

const BODIES = ["json", "form", "multipart", "body"] as const;
const KINDS: ReadonlySet<unknown> = new Set<BodyKind>(["text", "json", "buffer", "stream"]);

/** Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID for what cannot be meant. */
export function checkRequest(options: RequestOptions): void {
  for (const name in options) {
    if (KNOWN.has(name)) continue;
    throw new MillraceError("MLR_OPTION_UNKNOWN", `request() has no option "${name}"`, {
      hint: `Its options: ${[...KNOWN].join(", ")}.`,
      details: { option: name },
    });
  }
  if (options.as !== undefined && !KINDS.has(options.as)) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `request(): option "as" is "${String(options.as)}"`, {
      hint: "It is one of text, json, buffer, stream.",
      details: { option: "as" },
    });
  }
  const bodies = BODIES.filter((name) => options[name] !== undefined);
  if (bodies.length > 1) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `request() was given ${bodies.join(" and ")} to send`, {
      hint: "Give one of json, form, multipart and body.",
      details: { options: bodies },
    });
  }
}
