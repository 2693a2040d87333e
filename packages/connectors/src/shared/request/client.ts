import {
  MillraceError,
  parseOptions,
  redactor,
  systemClock,
  withoutReferences,
  type Clock,
  type Json,
} from "@millrace/core";
import type { Dispatcher } from "undici";
import { createDispatcher } from "../http/dispatcher.ts";
import { formatMs, toMs } from "../http/duration.ts";
import { retryAfterMs } from "../http/retry-after.ts";
import { Secrets } from "../http/secrets.ts";
import type { Answer, BodyKind, BodyKinds } from "./answer.ts";
import { attempt, type Attempted } from "./attempt.ts";
import { decodeText, detectCharset } from "./charset.ts";
import {
  clientOptions,
  type ClientOptions,
  type ClientParts,
  type KnownClientOptions,
} from "./client-options.ts";
import { HostSlots } from "./host-slots.ts";
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
import { statusFailure } from "./status-failure.ts";
import { headerOf, type WholeAnswer } from "./whole-answer.ts";

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
  readonly #slots: HostSlots;
  readonly #secrets = new Secrets("request()");
  #dispatcher: Dispatcher | undefined;

  constructor(options: KnownClientOptions, { clock = systemClock }: ClientParts = {}) {
    this.#options = options;
    this.#clock = clock;
    this.#slots = new HostSlots(options.perHost);
    if (options.proxy !== undefined) redactor.addPasswordOf(options.proxy);
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
    const outgoing = await prepare(address, options, [this.#options.headers]);
    this.metrics.requests++;
    try {
      const { attempted, attempts } = await this.#untilGood(outgoing, options);
      return toAnswer(attempted, { options, attempts, where: () => this.#where(outgoing) });
    } catch (error) {
      this.metrics.failures++;
      throw error;
    }
  }

  /** Ends all connections, also those of requests that are under way. May be called again. */
  async close(): Promise<void> {
    const dispatcher = this.#dispatcher;
    this.#dispatcher = undefined;
    await dispatcher?.destroy();
  }

  async #untilGood(
    outgoing: Outgoing,
    options: RequestOptions,
  ): Promise<{ readonly attempted: Attempted; readonly attempts: number }> {
    const policy = this.#policy(options.retry);
    for (let attempts = 1; ; attempts++) {
      const tried = await this.#try(outgoing, options);
      if (!("failure" in tried)) return { attempted: tried, attempts };
      const { failure, answer } = tried;
      const askedMs = retryAfterMs(headerOf(answer?.headers ?? {}, "retry-after"), this.#clock.now());
      const repeat = attempts < policy.attempts && mayRepeat(outgoing, { failure, policy });
      if (!repeat) throw afterAttempts(failure, attempts);
      await this.#wait(failure, { attempts, policy, askedMs, signal: options.signal });
    }
  }

  async #try(
    outgoing: Outgoing,
    options: RequestOptions,
  ): Promise<Attempted | { readonly failure: MillraceError; readonly answer?: WholeAnswer }> {
    this.metrics.attempts++;
    const expected = (status: number): boolean => isExpected(status, options);
    try {
      const attempted = await attempt(outgoing, {
        ...this.#options,
        ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
        ...(options.maxBytes === undefined ? {} : { maxBytes: options.maxBytes }),
        ...(options.maxRedirects === undefined ? {} : { maxRedirects: options.maxRedirects }),
        maxMs: toMs(options.maxTime ?? this.#options.maxTime),
        dispatcher: this.#connections(),
        slots: this.#slots,
        guard: options.guard,
        signal: options.signal,
        show: (url) => this.#show(url),
        wantsStream: (status) => options.as === "stream" && expected(status),
      });
      this.#count(attempted);
      if (expected(attempted.whole.status)) return attempted;
      return { failure: this.#failure(outgoing, attempted.whole), answer: attempted.whole };
    } catch (error) {
      if (options.signal?.aborted === true || !(error instanceof MillraceError)) throw error;
      return { failure: error };
    }
  }

  async #wait(
    failure: MillraceError,
    {
      attempts,
      policy,
      askedMs,
      signal,
    }: {
      readonly attempts: number;
      readonly policy: RetryPolicy;
      readonly askedMs: number | undefined;
      readonly signal: AbortSignal | undefined;
    },
  ): Promise<void> {
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

  #count({ whole, followed }: Attempted): void {
    countAnswer(this.metrics, {
      status: whole.status,
      redirects: followed.redirects.length,
      transferred: whole.transferred,
      fromNetwork: followed.arrived.origin === "network",
    });
  }

  #connections(): Dispatcher {
    this.#dispatcher ??= createDispatcher(
      { ...this.#options, plainThroughProxy: "forward" },
      this.#options.proxy,
    );
    return this.#dispatcher;
  }

  #failure(outgoing: Outgoing, answer: WholeAnswer): MillraceError {
    const failure = statusFailure(answer, {
      where: this.#where(outgoing),
      mask: (text) => redactor.text(text),
      hints: STATUS_HINTS,
    });
    return this.#options.retry.statuses.includes(answer.status) ? asPassing(failure) : failure;
  }

  #where({ method, url }: Outgoing): string {
    return `${method} ${this.#show(url)}`;
  }

  #show(url: URL): string {
    return redactor.text(this.#secrets.maskUrl(url));
  }
}

/** Makes a client with connections of its own. Close it. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID. */
export function createClient(options: ClientOptions = {}, parts: ClientParts = {}): RequestClient {
  const known = withoutReferences(parseOptions(clientOptions, options, "createClient()"));
  if (known !== undefined) return new RequestClient(known, parts);
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

function toAnswer<As extends BodyKind>(
  { followed, whole, stream, trace }: Attempted,
  { options, attempts, where }: { options: RequestOptions<As>; attempts: number; where: () => string },
): Answer<As> {
  const kind: BodyKind = options.as ?? "text";
  const charset = kind === "text" ? detectCharset(whole.body, whole.headers, options.charset) : undefined;
  const body =
    stream ??
    (charset === undefined
      ? kind === "json"
        ? parseJson(whole, where)
        : whole.body
      : decodeText(whole.body, charset));
  const { origin } = followed.arrived;
  return {
    status: whole.status,
    headers: whole.headers,
    url: whole.url.href,
    redirects: followed.redirects,
    // The kind that was asked for is the kind that was made.
    body: body as BodyKinds[As],
    charset,
    trace: { ...trace, attempts },
    transferredBytes: whole.transferred,
    origin,
    fromCache: origin !== "network",
  };
}

function parseJson({ body, headers }: WholeAnswer, where: () => string): Json {
  if (body.length === 0) return null;
  try {
    return JSON.parse(decodeText(body, detectCharset(body, headers))) as Json;
  } catch (error) {
    throw new MillraceError(
      "MLR_SOURCE_FORMAT",
      `The answer to ${where()} is no JSON: ${(error as Error).message}`,
      {
        hint: "Ask for it as text to see what it is.",
        cause: error,
      },
    );
  }
}
