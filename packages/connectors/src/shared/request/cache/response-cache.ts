import { createHash } from "node:crypto";
import { parseOptions, systemClock, type Clock } from "@millrace/core";
import { z } from "zod";
import type { Arrived, Send } from "../arrived.ts";
import { discard } from "../arrived.ts";
import type { Outgoing } from "../outgoing.ts";
import { headerOf, type AnswerHeaders } from "../whole-answer.ts";
import { ageMs, cacheControl, freshForMs, joined, seconds } from "./cache-control.ts";
import type { CachedAnswer, CacheStore } from "./cache-store.ts";
import { FileStore } from "./file-store.ts";
import { MemoryStore } from "./memory-store.ts";

/** Options of a cache of answers. */
export const cacheOptions = z.strictObject({
  /** File to keep answers in, so that they outlive the process. Several processes may share it. Default: memory. */
  file: z.string().min(1).optional(),
  /** Bytes that are kept; the least recently used answers go first. Default 256 MiB. */
  maxBytes: z
    .number()
    .int()
    .positive()
    .default(256 * 1024 ** 2),
  /** Largest answer that is kept. Default 16 MiB. */
  maxAnswerBytes: z
    .number()
    .int()
    .positive()
    .default(16 * 1024 ** 2),
});

/** Options of a cache of answers, as users write them. */
export type CacheOptions = z.input<typeof cacheOptions>;

/** Statuses that may be kept where the answer says for how long. */
const KEPT = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]);
const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);
/** Headers of a 304 that do not describe what is kept. */
const NOT_UPDATED = new Set([
  "content-length",
  "content-encoding",
  "transfer-encoding",
  "connection",
  "set-cookie",
]);

/** What a cached exchange needs. */
export interface CachedExchange {
  readonly send: Send;
  /** Whose answers they are. */
  readonly partition: string;
  /** True where the body is wanted as a stream: one of unknown length is not collected to be kept. */
  readonly streaming: boolean;
  /** Reads the whole body as it was transferred. */
  readonly readRaw: (arrived: Arrived, outgoing: Outgoing) => Promise<Buffer>;
}

/**
 * Keeps answers as a private cache by RFC 9111: what is fresh is not asked for again, what has an ETag or Last-Modified is
 * asked for on condition. `no-store`, `no-cache`, `max-age`, `expires`, `vary` and `stale-if-error` are kept to; nothing is
 * kept by guessing. Close it.
 */
export class ResponseCache {
  readonly #store: CacheStore;
  readonly #clock: Clock;
  readonly #maxAnswerBytes: number;

  constructor(options: z.output<typeof cacheOptions>, clock: Clock) {
    const { file, maxBytes } = options;
    this.#store = file === undefined ? new MemoryStore(maxBytes) : new FileStore(file, maxBytes);
    this.#clock = clock;
    this.#maxAnswerBytes = Math.min(options.maxAnswerBytes, maxBytes);
  }

  /** Bytes that are kept. */
  get bytes(): number {
    return this.#store.bytes;
  }

  /** Answers a request from what is kept, or sends it and keeps the answer. */
  async answer(outgoing: Outgoing, exchange: CachedExchange): Promise<Arrived> {
    const { method, headers } = outgoing;
    const url = keyOf(outgoing.url);
    const asked = cacheControl(headers["cache-control"]);
    if (!SAFE.has(method)) return this.#afterChange(await exchange.send(outgoing), url);
    const conditional = Object.keys(headers).some((name) => name.startsWith("if-") || name === "range");
    if (method !== "GET" || conditional || asked.has("no-store")) return exchange.send(outgoing);
    const partition = partitionOf(outgoing, exchange.partition);
    const kept = this.#find(url, outgoing, partition);
    if (kept !== undefined && !asked.has("no-cache") && this.#isFresh(kept, seconds(asked, "max-age"))) {
      return serve(kept, "cache");
    }
    return kept === undefined
      ? this.#keep(await exchange.send(outgoing), outgoing, { ...exchange, partition })
      : this.#revalidate(kept, outgoing, { ...exchange, partition });
  }

  /** Forgets an address. */
  remove(address: string | URL): void {
    this.#store.remove(keyOf(new URL(address)));
  }

  close(): void {
    this.#store.close();
  }

  #find(url: string, { headers }: Outgoing, partition: string): CachedAnswer | undefined {
    return this.#store
      .find(url)
      .filter((each) => each.partition === partition)
      .filter(({ vary }) => Object.entries(vary).every(([name, value]) => varied(name, headers) === value))
      .toSorted((a, b) => b.storedAtMs - a.storedAtMs)[0];
  }

  #isFresh({ headers, storedAtMs }: CachedAnswer, askedSeconds = Number.POSITIVE_INFINITY): boolean {
    const age = ageMs(headers) + Math.max(0, this.#clock.now() - storedAtMs);
    return age < freshForMs(headers, storedAtMs) && age <= askedSeconds * 1_000;
  }

  async #revalidate(kept: CachedAnswer, outgoing: Outgoing, exchange: CachedExchange): Promise<Arrived> {
    const etag = headerOf(kept.headers, "etag");
    const modified = headerOf(kept.headers, "last-modified");
    const headers = {
      ...outgoing.headers,
      ...(etag === undefined ? {} : { "if-none-match": etag }),
      ...(modified === undefined ? {} : { "if-modified-since": modified }),
    };
    let arrived: Arrived;
    try {
      arrived = await exchange.send({ ...outgoing, headers });
    } catch (error) {
      if (this.#servesStale(kept)) return serve(kept, "cache");
      throw error;
    }
    if (arrived.status >= 500 && this.#servesStale(kept)) {
      await discard(arrived);
      return serve(kept, "cache");
    }
    if (arrived.status !== 304) return this.#keep(arrived, outgoing, exchange);
    await discard(arrived);
    const updated = {
      ...kept,
      headers: merged(kept.headers, arrived.headers),
      storedAtMs: this.#clock.now(),
    };
    this.#store.put(keyOf(outgoing.url), updated);
    return serve(updated, "revalidated");
  }

  #servesStale({ headers, storedAtMs }: CachedAnswer): boolean {
    const allowed = seconds(cacheControl(joined(headers["cache-control"])), "stale-if-error");
    if (allowed === undefined) return false;
    const age = ageMs(headers) + this.#clock.now() - storedAtMs;
    return age - freshForMs(headers, storedAtMs) <= allowed * 1_000;
  }

  async #keep(arrived: Arrived, outgoing: Outgoing, exchange: CachedExchange): Promise<Arrived> {
    const vary = varyOf(arrived.headers, outgoing);
    if (vary === undefined || !mayKeep(arrived, this.#clock.now())) return arrived;
    const length = headerOf(arrived.headers, "content-length");
    if (Number(length ?? 0) > this.#maxAnswerBytes || (length === undefined && exchange.streaming))
      return arrived;
    const body = await exchange.readRaw(arrived, outgoing);
    const { "set-cookie": _cookies, ...headers } = arrived.headers;
    if (body.length <= this.#maxAnswerBytes) {
      const { status } = arrived;
      const { partition } = exchange;
      this.#store.put(keyOf(outgoing.url), {
        status,
        headers,
        body,
        vary,
        partition,
        storedAtMs: this.#clock.now(),
      });
    }
    return { ...arrived, body };
  }

  #afterChange(arrived: Arrived, url: string): Arrived {
    if (arrived.status < 400) this.#store.remove(url);
    return arrived;
  }
}

/** Makes a cache of answers for `request` and `createClient`. Close it. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID. */
export function responseCache(options: CacheOptions = {}, clock: Clock = systemClock): ResponseCache {
  return new ResponseCache(parseOptions(cacheOptions, options, "responseCache()"), clock);
}

function keyOf(url: URL): string {
  return url.hash === "" ? url.href : url.href.slice(0, -url.hash.length);
}

/** Answers to one login are not given to another; the login itself is not stored. */
function partitionOf({ headers }: Outgoing, partition: string): string {
  const login = headers["authorization"];
  if (login === undefined) return partition;
  return `${partition}:${createHash("sha256").update(login).digest("hex")}`;
}

function mayKeep({ status, headers }: Arrived, nowMs: number): boolean {
  if (!KEPT.has(status)) return false;
  if (cacheControl(joined(headers["cache-control"])).has("no-store")) return false;
  if (freshForMs(headers, nowMs) > 0) return true;
  return status === 200 && (headers["etag"] !== undefined || headers["last-modified"] !== undefined);
}

/** The request's headers that the answer depends on; undefined where it depends on more than can be known. */
function varyOf(answer: AnswerHeaders, { headers }: Outgoing): Record<string, string> | undefined {
  const names = (joined(answer["vary"]) ?? "").split(",").map((name) => name.trim().toLowerCase());
  if (names.includes("*")) return undefined;
  return Object.fromEntries(names.filter((name) => name !== "").map((name) => [name, varied(name, headers)]));
}

/** The value of a header that answers depend on; of secrets only what tells them apart. */
function varied(name: string, headers: Readonly<Record<string, string>>): string {
  const value = headers[name] ?? "";
  return name === "cookie" || name === "authorization"
    ? createHash("sha256").update(value).digest("hex")
    : value;
}

function merged(kept: AnswerHeaders, update: AnswerHeaders): AnswerHeaders {
  return {
    ...kept,
    ...Object.fromEntries(Object.entries(update).filter(([name]) => !NOT_UPDATED.has(name))),
  };
}

function serve({ status, headers, body }: CachedAnswer, origin: "cache" | "revalidated"): Arrived {
  return { status, headers, body, origin };
}
