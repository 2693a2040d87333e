import { MillraceError, redactor } from "@millrace/core";
import type { Dispatcher } from "undici";
import { createDispatcher } from "../http/dispatcher.ts";
import { toMs } from "../http/duration.ts";
import { Secrets } from "../http/secrets.ts";
import type { PooledProxy } from "../proxies/pooled-proxy.ts";
import { isProxyFailure } from "../proxies/proxy-failure.ts";
import { ProxyPool, type ProxyLease } from "../proxies/proxy-pool.ts";
import { attempt, type Attempted } from "./attempt.ts";
import type { KnownClientOptions } from "./client-options.ts";
import { HostSlots } from "./host-slots.ts";
import type { Outgoing } from "./outgoing.ts";
import type { RequestOptions } from "./request-options.ts";

/** How one attempt is made. */
export interface SendOptions {
  readonly options: RequestOptions;
  readonly isExpected: (status: number) => boolean;
  /** Proxies that this request has gone through before; the one that is taken is added. */
  readonly used: Set<PooledProxy>;
}

/** Sends a request once: directly, through a proxy, or through one of a pool, whose health it keeps. Close it. */
export class Sender {
  readonly #options: KnownClientOptions;
  readonly #slots: HostSlots;
  readonly #secrets = new Secrets("request()");
  /** By the proxy's whole address with its credentials; the empty text: none. */
  readonly #connections = new Map<string, Dispatcher>();

  constructor(options: KnownClientOptions) {
    this.#options = options;
    this.#slots = new HostSlots(options.perHost);
  }

  /** Fails with what `attempt` does; with MLR_SOURCE_DENIED and `details.banned` where the proxy is banned. */
  async send(outgoing: Outgoing, { options, isExpected, used }: SendOptions): Promise<Attempted> {
    const proxy = this.#options.replay === undefined ? (options.proxy ?? this.#options.proxy) : undefined;
    if (!(proxy instanceof ProxyPool)) {
      if (typeof proxy === "string") redactor.addPasswordOf(proxy);
      return this.#attempt(outgoing, { options, isExpected, through: proxy === false ? undefined : proxy });
    }
    const lease = proxy.take({
      host: outgoing.url.host,
      session: options.session?.id,
      tags: options.proxyTags,
      avoid: used,
    });
    used.add(lease.proxy);
    let attempted: Attempted;
    try {
      attempted = await this.#attempt(outgoing, { options, isExpected, through: lease.url });
    } catch (error) {
      lease.done({ kind: isProxyFailure(error) ? "failed" : "unknown" });
      this.#discard(lease);
      throw error;
    }
    return this.#judged(outgoing, { attempted, lease, pool: proxy });
  }

  /** A request as it may be shown. */
  where({ method, url }: Outgoing): string {
    return `${method} ${this.show(url)}`;
  }

  /** An address as it may be shown. */
  show(url: URL): string {
    return redactor.text(this.#secrets.maskUrl(url));
  }

  /** Ends all connections. May be called again. */
  async close(): Promise<void> {
    const all = [...this.#connections.values()];
    this.#connections.clear();
    await Promise.all(all.map((each) => each.destroy()));
  }

  #attempt(
    outgoing: Outgoing,
    { options, isExpected, through }: Omit<SendOptions, "used"> & { readonly through: string | undefined },
  ): Promise<Attempted> {
    const { cache = this.#options.cache } = options;
    return attempt(outgoing, {
      timeoutMs: options.timeoutMs ?? this.#options.timeoutMs,
      maxBytes: options.maxBytes ?? this.#options.maxBytes,
      maxRedirects: options.maxRedirects ?? this.#options.maxRedirects,
      maxMs: toMs(options.maxTime ?? this.#options.maxTime),
      privateAddresses: this.#options.privateAddresses,
      throughProxy: through !== undefined,
      dispatcher: this.#dispatcher(through),
      slots: this.#slots,
      guard: options.guard,
      signal: options.signal,
      session: options.session,
      cache: cache === false ? undefined : cache,
      record: this.#options.record,
      replay: this.#options.replay,
      partition: options.session?.id ?? "",
      streaming: options.as === "stream",
      show: (url) => this.show(url),
      wantsStream: (status) => options.as === "stream" && isExpected(status),
    });
  }

  #judged(
    outgoing: Outgoing,
    { attempted, lease, pool }: { attempted: Attempted; lease: ProxyLease; pool: ProxyPool },
  ): Attempted {
    const { whole, followed, stream, trace } = attempted;
    const { status, body } = whole;
    const { redirects } = followed;
    const bytes = { sentBytes: trace.sentBytes, receivedBytes: whole.transferred };
    const { shown } = lease.proxy;
    if (status === 407) {
      lease.done({ kind: "failed", ...bytes });
      this.#discard(lease);
      throw new MillraceError("MLR_SOURCE_DENIED", `The proxy ${shown} refuses user or password: 407`, {
        hint: "Check user and password in the proxy's address.",
        details: { proxy: shown, status },
      });
    }
    const rule = pool.judge({ host: outgoing.url.host, status, body, redirects });
    if (rule === undefined) {
      // What came out of the cache says nothing of the proxy.
      const kind = followed.arrived.origin === "cache" ? "unknown" : "worked";
      if (stream === undefined) lease.done({ kind, ...bytes });
      else stream.once("close", () => lease.done({ kind, ...bytes, receivedBytes: attempted.received() }));
      return attempted;
    }
    stream?.destroy();
    lease.done({ kind: "banned", rest: rule.rest, ...bytes });
    this.#discard(lease);
    throw new MillraceError(
      "MLR_SOURCE_DENIED",
      `${this.where(outgoing)} answered ${status}: the proxy ${shown} is banned there`,
      {
        hint: "Ask slower, or add proxies; `bans` of the pool says what counts as a ban.",
        details: { proxy: shown, banned: true, status },
        retry: "later",
      },
    );
  }

  #dispatcher(through: string | undefined): Dispatcher {
    const key = through ?? "";
    const known = this.#connections.get(key);
    if (known !== undefined) return known;
    const made = createDispatcher({ ...this.#options, plainThroughProxy: "forward" }, through);
    this.#connections.set(key, made);
    return made;
  }

  /** What comes next through that proxy gets a connection of its own; what is under way goes on. */
  #discard({ url }: ProxyLease): void {
    const dispatcher = this.#connections.get(url);
    this.#connections.delete(url);
    dispatcher?.close().catch(() => undefined);
  }
}
