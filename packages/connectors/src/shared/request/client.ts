import {
  MillraceError,
  parseOptions,
  redactor,
  systemClock,
  withoutReferences,
  type Clock,
} from "@millrace/core";
import { formatMs, toMs } from "../http/duration.ts";
import { retryAfterMs } from "../http/retry-after.ts";
import type { PooledProxy } from "../proxies/pooled-proxy.ts";
import type { Answer, BodyKind } from "./answer.ts";
import type { Attempted } from "./attempt.ts";
import {
  clientOptions,
  type ClientOptions,
  type ClientParts,
  type KnownClientOptions,
} from "./client-options.ts";
import { download, type DownloadOptions, type Downloaded } from "./download/download.ts";
import { mayRepeat } from "./may-repeat.ts";
import { countAnswer, newMetrics, type ClientMetrics } from "./metrics.ts";
import type { Outgoing } from "./outgoing.ts";
import { prepare } from "./prepare.ts";
import { checkRequest, type RequestOptions } from "./request-options.ts";
import {
  afterAttempts,
  asPassing,
  backoffMs,
  retryPolicy,
  withJitter,
  type RetryPolicy,
} from "./retry-policy.ts";
import { Sender } from "./sender.ts";
import { statusFailure } from "./status-failure.ts";
import { toAnswer } from "./to-answer.ts";
import { headerOf } from "./whole-answer.ts";

const STATUS_HINTS = {
  denied: "Check the credentials, and what they are allowed to read.",
  missing: 'Check the address. Where it may be missing, say `expect: "any"` and look at the status.',
  passing: "The server has a problem or is overloaded; try again later.",
  other: "Check the request: address, parameters and body. `expect` says which statuses are no failure.",
};

/** Asks for pages and files over HTTP, with connections that are kept and used again. Close it. */
export class RequestClient {
  /** What it has done so far. */
  readonly metrics: ClientMetrics = newMetrics();
  readonly #options: KnownClientOptions;
  readonly #clock: Clock;
  readonly #sender: Sender;

  constructor(options: KnownClientOptions, { clock = systemClock }: ClientParts = {}) {
    this.#options = options;
    this.#clock = clock;
    this.#sender = new Sender(options);
  }

  /**
   * Asks for `address`, again where that may help, and gives the answer. Fails with MLR_SOURCE_FAILED (also for statuses that
   * are not expected; `details.status`), MLR_SOURCE_DENIED, MLR_SOURCE_NOT_FOUND, MLR_SOURCE_LIMIT, MLR_SOURCE_FORMAT,
   * MLR_ARGUMENT_INVALID or MLR_OPTION_UNKNOWN.
   */
  async request<As extends BodyKind = "text">(
    address: string | URL,
    options: RequestOptions<As> = {},
  ): Promise<Answer<As>> {
    checkRequest(options);
    const outgoing = await prepare(address, options, [this.#options.headers, options.session?.headers ?? {}]);
    this.metrics.requests++;
    try {
      const { attempted, attempts } = await this.#untilGood(outgoing, options);
      return toAnswer(attempted, {
        // Without `as`, As is "text".
        as: options.as ?? ("text" as As),
        charset: options.charset,
        attempts,
        where: () => this.#sender.where(outgoing),
      });
    } catch (error) {
      this.metrics.failures++;
      throw error;
    }
  }

  /**
   * Downloads a file of any size: goes on where a connection broke, also in a later process, and gives the file its name only
   * when it is whole. Fails as `request`; with MLR_SOURCE_CHANGED where it is not what it should be.
   */
  download(address: string | URL, file: string, options: DownloadOptions = {}): Promise<Downloaded> {
    return download(address, file, {
      options,
      parts: {
        ask: (url, more) => this.request(url, more),
        policy: this.#policy(options.retry),
        clock: this.#clock,
      },
    });
  }

  /** Ends all connections, also those of requests that are under way. May be called again. */
  close(): Promise<void> {
    return this.#sender.close();
  }

  async #untilGood(
    outgoing: Outgoing,
    options: RequestOptions,
  ): Promise<{ readonly attempted: Attempted; readonly attempts: number }> {
    const policy = this.#policy(options.retry);
    const used = new Set<PooledProxy>();
    for (let attempts = 1; ; attempts++) {
      const tried = await this.#try(outgoing, { options, policy, used });
      if (!("failure" in tried)) return { attempted: tried, attempts };
      const { failure } = tried;
      const pooled = used.size > 0;
      if (attempts >= policy.attempts || !mayRepeat(outgoing, { failure, policy, pooled })) {
        throw afterAttempts(failure, attempts);
      }
      await this.#wait(failure, { attempts, policy, askedMs: tried.askedMs, signal: options.signal });
    }
  }

  async #try(
    outgoing: Outgoing,
    { options, policy, used }: { options: RequestOptions; policy: RetryPolicy; used: Set<PooledProxy> },
  ): Promise<Attempted | Failed> {
    this.metrics.attempts++;
    const expected = (status: number): boolean => isExpected(status, options);
    let attempted: Attempted;
    try {
      attempted = await this.#sender.send(outgoing, { options, used, isExpected: expected });
    } catch (error) {
      if (options.signal?.aborted === true || !(error instanceof MillraceError)) throw error;
      const { retryAfterMs: asked } = error.details;
      return { failure: error, askedMs: typeof asked === "number" ? asked : undefined };
    }
    const { whole, followed } = attempted;
    countAnswer(this.metrics, {
      status: whole.status,
      redirects: followed.redirects.length,
      transferred: whole.transferred,
      fromNetwork: followed.arrived.origin === "network",
    });
    if (expected(whole.status)) return attempted;
    const failure = statusFailure(whole, {
      where: this.#sender.where(outgoing),
      mask: (text) => redactor.text(text),
      hints: STATUS_HINTS,
    });
    const asked = retryAfterMs(headerOf(whole.headers, "retry-after"), this.#clock.now());
    return {
      failure: policy.statuses.includes(whole.status) ? asPassing(failure) : failure,
      askedMs: asked,
    };
  }

  async #wait(failure: MillraceError, { attempts, policy, askedMs, signal }: Waiting): Promise<void> {
    if (askedMs !== undefined && askedMs > toMs(policy.maxThrottle)) {
      throw new MillraceError(
        "MLR_SOURCE_LIMIT",
        `${failure.message}; it asks to wait ${formatMs(askedMs)}`,
        {
          hint: "Ask again later, or raise `retry.maxThrottle`.",
          details: { ...failure.details, retryAfterMs: askedMs },
          retry: "later",
        },
      );
    }
    this.metrics.throttledMs += askedMs ?? 0;
    await this.#clock.sleep(Math.max(askedMs ?? 0, withJitter(backoffMs(policy, attempts))), signal);
    signal?.throwIfAborted();
  }

  #policy(own: RequestOptions["retry"]): RetryPolicy {
    if (own === undefined) return this.#options.retry;
    if (own === false) return { ...this.#options.retry, attempts: 1 };
    return { ...this.#options.retry, ...pickGiven(parseOptions(retryPolicy, own, "request()"), own) };
  }
}

/** An attempt that failed, and how long whoever failed it asks to wait. */
interface Failed {
  readonly failure: MillraceError;
  readonly askedMs: number | undefined;
}

interface Waiting {
  readonly attempts: number;
  readonly policy: RetryPolicy;
  readonly askedMs: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Makes a client with connections of its own. Close it. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID. */
export function createClient(options: ClientOptions = {}, parts: ClientParts = {}): RequestClient {
  const known = parseOptions(clientOptions, options, "createClient()");
  const tls = withoutReferences(known.tls);
  if (tls !== undefined) return new RequestClient({ ...known, tls }, parts);
  throw new MillraceError("MLR_ARGUMENT_INVALID", "createClient() was given secret(…) in place of a text", {
    hint: "Fetch the text first, with `await context.secret(name)`.",
  });
}

function isExpected(status: number, { expect = "success", headers = {} }: RequestOptions): boolean {
  if (expect === "any") return true;
  if (expect !== "success") return expect.includes(status);
  if (status === 304)
    return Object.keys(headers).some((name) => /^if-(none-match|modified-since)$/i.test(name));
  return status >= 200 && status < 300;
}

/** Of the options with defaults those that were given. */
function pickGiven<T extends object>(full: T, given: object): Partial<T> {
  // Filtering by name changes no type.
  return Object.fromEntries(Object.entries(full).filter(([name]) => name in given)) as Partial<T>;
}
