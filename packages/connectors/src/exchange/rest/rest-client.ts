import { type Clock, MillraceError } from "@millrace/core";
import type { Dispatcher } from "undici";
import { tlsOptions } from "../../shared/http/tls-options.ts";
import { retryAfterMs } from "../../shared/http/retry-after.ts";

/** How an exchange's REST interface is asked. */
export interface RestClientOptions {
  readonly exchange: string;
  /** Where a path is asked for. */
  readonly base: (path: string) => string;
  /** Least milliseconds between two requests. */
  readonly spacingMs: number;
  readonly clock: Clock;
  readonly proxy?: string;
  readonly ca?: string | readonly string[];
  readonly verify?: boolean;
  /** Sent along with each request. */
  readonly headers?: Readonly<Record<string, string>>;
}

const ATTEMPTS = 5;
const TIMEOUT_MS = 15_000;
const LONGEST_WAIT_MS = 60_000;
const MOST_BYTES = 64 * 1024 * 1024;

/** Asks an exchange's REST interface, one request after the other and with the breaks that it wants. Close it. */
export class RestClient {
  readonly #options: RestClientOptions;
  #dispatcher: Dispatcher | undefined;
  #free: Promise<void> = Promise.resolve();
  #next = Number.NEGATIVE_INFINITY;

  constructor(options: RestClientOptions) {
    this.#options = options;
  }

  /** The JSON at `path`. Tries again what may pass. Fails with MLR_SOURCE_FAILED, MLR_SOURCE_DENIED or MLR_SOURCE_FORMAT. */
  get(path: string, signal: AbortSignal): Promise<unknown> {
    return this.ask("GET", path, signal);
  }

  /** As `get`, with another method. */
  async ask(method: "GET" | "POST" | "PUT", path: string, signal: AbortSignal): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      await this.#turn(signal);
      const answer = await this.#send(method, path, signal);
      if (answer.kind === "json") return answer.value;
      if (answer.error.retry === "never" || attempt === ATTEMPTS) throw answer.error;
      const wait = answer.waitMs ?? 500 * 2 ** attempt;
      await this.#options.clock.sleep(Math.min(wait, LONGEST_WAIT_MS), signal);
    }
  }

  /** Ends its connections. */
  async close(): Promise<void> {
    const dispatcher = this.#dispatcher;
    this.#dispatcher = undefined;
    await dispatcher?.destroy();
  }

  /** Requests wait for one another, and for the breaks between them. */
  async #turn(signal: AbortSignal): Promise<void> {
    const before = this.#free;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#free = promise;
    await before;
    const { clock, spacingMs } = this.#options;
    const wait = this.#next - clock.monotonic();
    if (wait > 0) await clock.sleep(wait, signal);
    this.#next = clock.monotonic() + spacingMs;
    resolve();
    if (signal.aborted) throw this.#failure("was ended", { retry: "later" });
  }

  async #send(
    method: "GET" | "POST" | "PUT",
    path: string,
    signal: AbortSignal,
  ): Promise<
    | { readonly kind: "json"; readonly value: unknown }
    | { readonly kind: "error"; readonly error: MillraceError; readonly waitMs?: number }
  > {
    const where = `${method} ${path.split("?", 1)[0]}`;
    let status: number;
    let text: string;
    let wait: number | undefined;
    try {
      // Loaded when it is used, so that listing pipelines does not wait for it.
      const { request } = await import("undici");
      const answer = await request(this.#options.base(path) + path, {
        dispatcher: await this.#connections(),
        method,
        signal,
        ...(this.#options.headers === undefined ? {} : { headers: this.#options.headers }),
      });
      status = answer.statusCode;
      const header = answer.headers["retry-after"];
      wait = retryAfterMs(typeof header === "string" ? header : undefined, this.#options.clock.now());
      text = await bodyOf(answer.body);
    } catch (cause) {
      if (signal.aborted) throw this.#failure("was ended", { retry: "later", cause });
      return { kind: "error", error: this.#failure(`${where} got no answer`, { retry: "later", cause }) };
    }
    if (status >= 200 && status < 300) return { kind: "json", value: this.#json(text, where) };
    const passing = status === 429 || status === 418 || status >= 500;
    const error = this.#failure(`${where} was answered with ${status}: ${text.slice(0, 200)}`, {
      retry: passing ? "later" : "never",
    });
    return { kind: "error", error, ...(wait === undefined ? {} : { waitMs: wait }) };
  }

  #json(text: string, where: string): unknown {
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new MillraceError(
        "MLR_SOURCE_FORMAT",
        `${this.#options.exchange}: ${where} was answered with no JSON`,
        {
          hint: "Is the endpoint that of the exchange's REST interface?",
          cause,
        },
      );
    }
  }

  #failure(what: string, { retry, cause }: { retry: "never" | "later"; cause?: unknown }): MillraceError {
    return new MillraceError("MLR_SOURCE_FAILED", `${this.#options.exchange}: ${what}`, {
      hint: "What is missing meanwhile is marked in the stream `gaps`.",
      retry,
      ...(cause === undefined ? {} : { cause }),
    });
  }

  async #connections(): Promise<Dispatcher> {
    const { createDispatcher } = await import("../../shared/http/dispatcher.ts");
    const { proxy, ca, verify } = this.#options;
    this.#dispatcher ??= createDispatcher(
      {
        tls: tlsOptions.parse({
          ...(ca === undefined ? {} : { ca: typeof ca === "string" ? ca : [...ca] }),
          ...(verify === undefined ? {} : { verify }),
        }) as Parameters<typeof createDispatcher>[0]["tls"],
        timeoutMs: TIMEOUT_MS,
        privateAddresses: "allow",
      },
      proxy,
    );
    return this.#dispatcher;
  }
}

async function bodyOf(body: Dispatcher.ResponseData["body"]): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of body as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MOST_BYTES) throw new Error(`an answer of more than ${MOST_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}
