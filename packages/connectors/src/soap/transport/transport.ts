import { EventEmitter } from "node:events";
import { STATUS_CODES } from "node:http";
import { MillraceError, type Clock, type ReadContext } from "@millrace/core";
import { request, type Dispatcher } from "undici";
import { createDispatcher } from "../../shared/http/dispatcher.ts";
import { formatMs, toMs } from "../../shared/http/duration.ts";
import { networkFailure } from "../../shared/http/network-failure.ts";
import { refusePrivateHost } from "../../shared/http/private-addresses.ts";
import { retryAfterMs } from "../../shared/http/retry-after.ts";
import { secretValue } from "../../shared/http/secret-value.ts";
import type { Secrets } from "../../shared/http/secrets.ts";
import type { ServiceOptions } from "../options.ts";
import { Content } from "./content.ts";
import { ACCEPTED_ENCODINGS } from "../../shared/request/accepted-encodings.ts";
import { receiveBody } from "../../shared/request/receive-body.ts";

/** Statuses after which it is tried again; 500 is most often a fault, and then it is not. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

/** What a transport works with. */
export interface TransportParts {
  readonly options: ServiceOptions;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly log: ReadContext["log"];
}

/** A whole answer. Close its content. */
export interface SoapAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly content: Content;
  /** `the answer to POST https://…`, for errors. */
  readonly where: string;
}

/** A request. */
export interface SoapRequest {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Whether user, password and the like are meant for where it goes. */
  readonly trusted: boolean;
  readonly maxBytes: number;
  /** The option that says so. */
  readonly option: string;
}

/** Sends requests, again where that may help. Close it. */
export class Transport {
  readonly #parts: TransportParts;
  #dispatcher: Dispatcher | undefined;

  constructor(parts: TransportParts) {
    this.#parts = parts;
  }

  /**
   * Sends a request until there is an answer that `settle` takes; what it returns is the result. `settle` may throw an error
   * with `retry: "later"` and code MLR_SOURCE_FAILED or MLR_SOURCE_FORMAT where the same request may be answered better.
   */
  async send<T>(wanted: () => Promise<SoapRequest>, settle: (answer: SoapAnswer) => Promise<T>): Promise<T> {
    const { options, clock, log, signal } = this.#parts;
    for (let attempt = 1; ; attempt++) {
      let failure: MillraceError;
      let askedMs = 0;
      try {
        const { answer, retryAfter } = await this.#exchange(await wanted());
        askedMs = retryAfterMs(retryAfter, clock.now()) ?? 0;
        return await closingOnError(answer, settle);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof MillraceError)) throw error;
        failure = error;
      }
      const again = failure.retry === "later" && failure.details["fault"] === undefined;
      if (!again || attempt >= options.retry.attempts) throw afterAttempts(failure, attempt);
      const { delay, maxDelay } = options.retry;
      const floor = Math.min(toMs(maxDelay), Math.max(askedMs, toMs(delay) * 2 ** (attempt - 1)));
      const delayMs = floor + Math.random() * (floor / 2);
      log("debug", `${failure.message}; the next attempt follows in ${formatMs(delayMs)}`, {
        code: failure.code,
      });
      await clock.sleep(delayMs, signal);
      signal.throwIfAborted();
    }
  }

  async close(): Promise<void> {
    await this.#dispatcher?.destroy();
    this.#dispatcher = undefined;
  }

  /** Reads the whole answer before anything is made of it, so that a broken connection costs no more than another attempt. */
  async #exchange(outgoing: SoapRequest): Promise<{ answer: SoapAnswer; retryAfter: string | undefined }> {
    const { options, secrets, signal } = this.#parts;
    const name = `${outgoing.method} ${secrets.maskUrl(outgoing.url)}`;
    const where = `the answer to ${name}`;
    const deadline = new EventEmitter();
    const maxMs = toMs(options.maxResponse);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      deadline.emit("abort");
    }, maxMs);
    const stop = (): void => void deadline.emit("abort");
    signal.addEventListener("abort", stop);
    try {
      signal.throwIfAborted();
      if (options.privateAddresses === "refuse") refusePrivateHost(outgoing.url);
      const { statusCode, headers, body } = await request(outgoing.url, {
        dispatcher: await this.#connections(),
        method: outgoing.method,
        headers: await this.#headers(outgoing),
        signal: deadline,
        ...(outgoing.body === undefined ? {} : { body: outgoing.body }),
      });
      const header = (key: string): string | undefined => {
        const value = headers[key];
        return Array.isArray(value) ? value.join(",") : value;
      };
      const { maxBytes, option } = outgoing;
      const content = await Content.from(
        receiveBody(body, { encoding: header("content-encoding"), maxBytes, option, where }),
      );
      return {
        answer: { status: statusCode, contentType: header("content-type"), content, where },
        retryAfter: header("retry-after"),
      };
    } catch (error) {
      signal.throwIfAborted();
      throw late ? tooSlow(where, maxMs) : networkFailure(error, name);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    }
  }

  async #headers({ headers, trusted }: SoapRequest): Promise<Record<string, string>> {
    const { options, secrets } = this.#parts;
    const all: Record<string, string> = {
      "user-agent": "millrace",
      "accept-encoding": ACCEPTED_ENCODINGS,
      ...headers,
    };
    if (!trusted) return all;
    const { auth } = options;
    if (auth?.kind === "bearer")
      all["authorization"] = `Bearer ${await secretValue(auth.token, "token", secrets)}`;
    if (auth?.kind === "basic") {
      const user = typeof auth.username === "function" ? await auth.username() : auth.username;
      const password = auth.password === "" ? "" : await secretValue(auth.password, "password", secrets);
      const encoded = Buffer.from(`${user}:${password}`).toString("base64");
      secrets.add("basic", encoded);
      all["authorization"] = `Basic ${encoded}`;
    }
    for (const [name, value] of Object.entries(options.headers)) {
      const isSecret = typeof value === "function" || /auth|token|key|secret|cookie|password/i.test(name);
      all[name.toLowerCase()] = isSecret ? await secretValue(value, `header.${name}`, secrets) : value;
    }
    return all;
  }

  async #connections(): Promise<Dispatcher> {
    const { options, secrets } = this.#parts;
    const { proxy } = options;
    const through = proxy === undefined ? undefined : await secretValue(proxy, "proxy", secrets);
    return (this.#dispatcher ??= createDispatcher(options, through));
  }
}

/** Why an answer that is no message is a failure. `said` is what it says of it, with secrets masked. */
export function statusFailure({ status, where }: SoapAnswer, said: string): MillraceError {
  const reason = STATUS_CODES[status];
  const what = `${where.replace(/^the answer to /, "")} answered ${status}${reason === undefined ? "" : ` ${reason}`}`;
  const message = said === "" ? what : `${what}: ${said}`;
  const details = { status };
  if (status === 401 || status === 403 || status === 407) {
    return new MillraceError("MLR_SOURCE_DENIED", message, {
      hint: "Check the credentials in `auth` and `security`, and what they are allowed to do.",
      details,
    });
  }
  if (status === 404 || status === 410) {
    return new MillraceError("MLR_SOURCE_NOT_FOUND", message, {
      hint: "Check the address; another one than the description has can be said with `endpoint`.",
      details,
    });
  }
  if (status >= 300 && status < 400) {
    return new MillraceError("MLR_SOURCE_FAILED", message, {
      hint: "Redirects are not followed: say the address where it ends, with `endpoint` or `wsdl`.",
      details,
      retry: "never",
    });
  }
  const passing = PASSING.has(status);
  return new MillraceError("MLR_SOURCE_FAILED", message, {
    hint: passing
      ? "The server has a problem or is overloaded; the run may be tried again."
      : "Check the address and what is sent.",
    details,
    retry: passing ? "later" : "never",
  });
}

async function closingOnError<T>(answer: SoapAnswer, settle: (answer: SoapAnswer) => Promise<T>): Promise<T> {
  try {
    return await settle(answer);
  } catch (error) {
    await answer.content.close();
    throw error;
  }
}

function afterAttempts(failure: MillraceError, attempts: number): MillraceError {
  if (attempts === 1) return failure;
  const { code, message, hint, details, retry } = failure;
  return new MillraceError(code, `${message} (after ${attempts} attempts)`, {
    ...(hint === undefined ? {} : { hint }),
    details: { ...details, attempts },
    retry,
    cause: failure,
  });
}

function tooSlow(where: string, maxMs: number): MillraceError {
  return new MillraceError("MLR_SOURCE_LIMIT", `${where} took longer than ${maxMs} ms`, {
    hint: "Ask for less at once, or raise the option `maxResponse`.",
    details: { maxMs },
    retry: "never",
  });
}
