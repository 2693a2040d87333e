import { MillraceError, type Clock, type ReadContext } from "@millrace/core";
import type { Dispatcher } from "undici";
import type { KnownAuth } from "../auth/options.ts";
import type { Authenticator, Signable } from "../auth/authenticator.ts";
import { createAuthenticator } from "../auth/create.ts";
import { secretValue } from "../../shared/http/secret-value.ts";
import { Budget } from "../budget/budget.ts";
import { learnLimit } from "../budget/learned-limit.ts";
import type { ThrottleMeter } from "../budget/throttle-meter.ts";
import { formatMs, toMs } from "../../shared/http/duration.ts";
import type { Secrets } from "../../shared/http/secrets.ts";
import { headerOf, type WholeAnswer } from "../../shared/request/whole-answer.ts";
import { createDispatcher } from "../../shared/http/dispatcher.ts";
import { afterAttempts, asPassing, backoffMs, withJitter } from "../../shared/request/retry-policy.ts";
import { describeBody, statusFailure } from "../../shared/request/status-failure.ts";
import { exchange, type ExchangeContext } from "../../shared/request/exchange.ts";
import type { TextRequest } from "../../shared/request/outgoing.ts";
import { judge } from "./judge.ts";
import type { ClientOptions, ResponseRule } from "./options.ts";
import { ACCEPTED_ENCODINGS } from "../../shared/request/accepted-encodings.ts";
import { retryAfterMs } from "../../shared/http/retry-after.ts";

/** What users call the limits. */
const OPTION_NAMES = { bytes: "maxResponseBytes", ms: "maxResponse" };

const STATUS_HINTS = {
  denied: "Check the credentials in `auth`, and what they are allowed to read.",
  missing:
    'Check the address. Where it may be missing, say `responses: [{ status: 404, action: "ignore" }]`.',
  passing:
    "The server has a problem or is overloaded; the run may be tried again and goes on where it stopped.",
  other:
    "Check the request: address, parameters and body. Another meaning of this status can be said with `responses`.",
};

/** How often in a row a server may put the same request off. */
const MOST_THROTTLES = 20;

/** What a client works with. */
export interface ClientParts {
  readonly options: ClientOptions;
  readonly auth: KnownAuth | undefined;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly meter: ThrottleMeter;
  readonly log: ReadContext["log"];
  readonly signal: AbortSignal;
}

/** A request and what is to be done with its answer. */
export interface Wanted<T> {
  readonly request: TextRequest;
  /** Origin that the credentials are for. */
  readonly home: string;
  readonly rules: readonly ResponseRule[];
  /** Makes something of a good answer. An error with `retry: "later"` asks for it again. */
  decode(answer: WholeAnswer): T;
}

/** What came of a request. */
export type Outcome<T> =
  | { readonly kind: "ok"; readonly answer: WholeAnswer; readonly value: T }
  | { readonly kind: "empty" | "ignore" | "unchanged"; readonly answer: WholeAnswer };

/** Counts of one request's attempts. */
interface Attempts {
  made: number;
  throttles: number;
  throttledMs: number;
  renewed: boolean;
}

/** Sends requests: authenticated, within the budget, and again where that may help. Close it. */
export class HttpClient {
  readonly #parts: ClientParts;
  readonly #budget: Budget;
  readonly #auth: Authenticator;
  #dispatcher: Dispatcher | undefined;
  #warnedForeign = false;
  /** Bytes that came over the network. */
  transferred = 0;
  requests = 0;

  constructor(parts: ClientParts) {
    this.#parts = parts;
    const { options, clock, meter, secrets } = parts;
    this.#budget = new Budget({
      rules: Array.isArray(options.budget) ? options.budget : [options.budget],
      clock,
      meter,
      maxWaitMs: toMs(options.retry.maxThrottle),
    });
    this.#auth = createAuthenticator(parts.auth, {
      secrets,
      clock,
      send: (request) => this.#sendPlain(request),
      show: (url) => secrets.maskUrl(url),
    });
  }

  /** Sends a request until its answer is good, or nothing helps. */
  async send<T>(wanted: Wanted<T>): Promise<Outcome<T>> {
    const attempts: Attempts = { made: 0, throttles: 0, throttledMs: 0, renewed: false };
    for (;;) {
      const request = await this.#prepare(wanted);
      attempts.made++;
      let failure: MillraceError;
      try {
        const answer = await this.#exchange(request, this.#parts.options.maxRedirects);
        const outcome = await this.#settle(wanted, request, { answer, attempts });
        if (outcome === "again") continue;
        if (!(outcome instanceof MillraceError)) return outcome;
        failure = outcome;
      } catch (error) {
        if (!(error instanceof MillraceError)) throw error;
        failure = error;
      }
      await this.#backOff(failure, attempts);
    }
  }

  /** Fetches the tokens that requests need, so that their values are known. */
  async authenticate(request: TextRequest): Promise<void> {
    await this.#prepare({ request, home: request.url.origin, rules: [], decode: () => undefined });
  }

  async close(): Promise<void> {
    await this.#dispatcher?.destroy();
    this.#dispatcher = undefined;
  }

  /** What comes of an answer: an outcome, the wish to send it again at once, or a failure that may be tried again. */
  async #settle<T>(
    { rules, decode }: Wanted<T>,
    request: TextRequest,
    { answer, attempts }: { answer: WholeAnswer; attempts: Attempts },
  ): Promise<Outcome<T> | "again" | MillraceError> {
    const verdict = judge(answer, rules, this.#parts.options.retry.statuses);
    switch (verdict) {
      case "ok":
        return { kind: "ok", answer, value: decode(answer) };
      case "empty":
      case "ignore":
      case "unchanged":
        return { kind: verdict, answer };
      case "throttled":
        return (await this.#putOff(request, answer, attempts))
          ? "again"
          : asPassing(this.#failure(request, answer));
      case "unauthorized":
      case "renew":
        if (!attempts.renewed && this.#auth.renew?.(request) === true) {
          attempts.renewed = true;
          attempts.made--;
          return "again";
        }
        throw this.#failure(request, answer);
      case "retry":
        return asPassing(this.#failure(request, answer));
      case "fail":
        throw this.#failure(request, answer);
    }
  }

  /** Waits as long as the server says; false where it does not say, or where it has said so often enough. */
  async #putOff(request: TextRequest, answer: WholeAnswer, attempts: Attempts): Promise<boolean> {
    const { clock, options, secrets } = this.#parts;
    const asked =
      retryAfterMs(headerOf(answer.headers, "retry-after"), clock.now()) ??
      learnLimit(answer.headers, clock.now())?.resetMs;
    if (asked === undefined) return false;
    const waitMs = Math.max(asked, this.#floorMs(++attempts.throttles));
    attempts.throttledMs += waitMs;
    if (attempts.throttledMs > toMs(options.retry.maxThrottle) || attempts.throttles > MOST_THROTTLES) {
      throw new MillraceError(
        "MLR_SOURCE_LIMIT",
        `${this.#where(request)} is still put off (${answer.status}) after ${formatMs(attempts.throttledMs - waitMs)} and ${attempts.throttles} answers`,
        {
          hint: "Ask for less with `budget`, or run again later: it goes on where it stopped.",
          details: { status: answer.status, throttles: attempts.throttles },
          retry: "later",
        },
      );
    }
    attempts.made--;
    this.#budget.block(request.url, waitMs, `${secrets.mask(request.url.host)} answered ${answer.status}`);
    return true;
  }

  async #backOff(failure: MillraceError, attempts: Attempts): Promise<void> {
    const { options, clock, log, signal } = this.#parts;
    // A limit that was waited for long enough is for a later run.
    const final = failure.retry === "never" || failure.code === "MLR_SOURCE_LIMIT";
    if (final || attempts.made >= options.retry.attempts) {
      throw afterAttempts(failure, attempts.made);
    }
    const delayMs = withJitter(this.#floorMs(attempts.made));
    log("debug", `${failure.message}; the next attempt follows in ${formatMs(delayMs)}`, {
      code: failure.code,
    });
    await clock.sleep(delayMs, signal);
    signal.throwIfAborted();
  }

  #floorMs(failures: number): number {
    return backoffMs(this.#parts.options.retry, failures);
  }

  /** The request with everything that every request has. Another origin gets nothing that is meant for the first. */
  async #prepare<T>({ request, home }: Wanted<T>): Promise<TextRequest> {
    const { options, secrets } = this.#parts;
    const headers: Record<string, string> = {
      accept: "application/json, */*;q=0.8",
      "accept-encoding": ACCEPTED_ENCODINGS,
      "user-agent": "millrace",
    };
    if (request.url.origin !== home) {
      this.#warnForeign(request.url, home);
      return { ...request, headers };
    }
    for (const [name, value] of Object.entries(options.headers)) {
      headers[name.toLowerCase()] =
        typeof value === "function" || isSecretHeader(name)
          ? await secretValue(value, `header.${name}`, secrets)
          : value;
    }
    const signable: Signable = {
      ...request,
      url: this.#auth.changesUrl === true ? new URL(request.url) : request.url,
      headers: { ...headers, ...request.headers },
    };
    await this.#auth.apply(signable);
    return signable;
  }

  async #exchange(request: TextRequest, maxRedirects: number): Promise<WholeAnswer> {
    const { signal, clock } = this.#parts;
    const release = await this.#budget.acquire(request.url, signal);
    try {
      this.requests++;
      const answer = await exchange(request, await this.#context(maxRedirects));
      this.transferred += answer.transferred;
      const learned = learnLimit(answer.headers, clock.now());
      if (learned !== undefined) this.#budget.learn(request.url, learned, this.#floorMs(1));
      return answer;
    } finally {
      release();
    }
  }

  /** For token endpoints and logins: retried where the network or the server has a problem, any other answer comes back. */
  async #sendPlain(request: TextRequest): Promise<WholeAnswer> {
    const attempts: Attempts = { made: 0, throttles: 0, throttledMs: 0, renewed: false };
    for (;;) {
      attempts.made++;
      let failure: MillraceError;
      try {
        const plain = { ...request, headers: { "user-agent": "millrace", ...request.headers } };
        const answer = await this.#exchange(plain, -1);
        const passing = this.#parts.options.retry.statuses.includes(answer.status);
        if (!passing || attempts.made >= this.#parts.options.retry.attempts) return answer;
        if (answer.status === 429 && (await this.#putOff(request, answer, attempts))) continue;
        failure = asPassing(this.#failure(request, answer));
      } catch (error) {
        if (!(error instanceof MillraceError)) throw error;
        failure = error;
      }
      await this.#backOff(failure, attempts);
    }
  }

  /** The connections, made at the first request. They break off when the reading ends. */
  async #connections(): Promise<Dispatcher> {
    const { options, secrets, signal } = this.#parts;
    const { proxy } = options;
    const through = proxy === undefined ? undefined : await secretValue(proxy, "proxy", secrets);
    if (this.#dispatcher !== undefined) return this.#dispatcher;
    const made = createDispatcher(options, through);
    signal.addEventListener("abort", () => void made.destroy().catch(() => undefined), { once: true });
    this.#dispatcher = made;
    return made;
  }

  async #context(maxRedirects: number): Promise<ExchangeContext> {
    const { options, secrets, signal } = this.#parts;
    return {
      dispatcher: this.#dispatcher ?? (await this.#connections()),
      maxBytes: options.maxResponseBytes,
      maxRedirects,
      maxMs: toMs(options.maxResponse),
      privateAddresses: options.privateAddresses,
      optionNames: OPTION_NAMES,
      show: (url) => secrets.maskUrl(url),
      signal,
    };
  }

  #failure(request: TextRequest, answer: WholeAnswer): MillraceError {
    const { secrets } = this.#parts;
    if (answer.status >= 200 && answer.status < 300) {
      return new MillraceError(
        "MLR_SOURCE_FAILED",
        `${this.#where(request)}: ${secrets.mask(describeBody(answer))}`,
        {
          hint: "A rule in `responses` calls this answer a failure.",
          retry: "never",
        },
      );
    }
    return statusFailure(answer, {
      where: this.#where(request),
      mask: (text) => secrets.mask(text),
      hints: STATUS_HINTS,
    });
  }

  #where({ method, url }: TextRequest): string {
    return `${method} ${this.#parts.secrets.maskUrl(url)}`;
  }

  #warnForeign(url: URL, home: string): void {
    if (this.#warnedForeign) return;
    this.#warnedForeign = true;
    this.#parts.log(
      "warn",
      `a page is at ${url.origin}, not at ${home}: it is asked for without credentials`,
    );
  }
}

function isSecretHeader(name: string): boolean {
  return /auth|cookie|token|key|secret/i.test(name);
}
