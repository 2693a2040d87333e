import { MillraceError } from "@millrace/core";
import type { RoutedRecord } from "../../log-record.ts";
import type { LogSink, RefusedRecord } from "../../log-sink.ts";
import { Poster, postFailure, type PostAnswer } from "../http-post.ts";
import { splitRefused } from "../split-refused.ts";
import { LokiStreams, type LokiStreamOptions } from "./loki-streams.ts";

/** How lines reach Loki. */
export interface LokiSinkOptions extends LokiStreamOptions {
  readonly name: string;
  /** Base URL, such as `http://loki.example.com:3100`. */
  readonly url: string;
  /** Name of the tenant, sent as X-Scope-OrgID. */
  readonly tenant?: string;
  /** For HTTP's basic authentication. */
  readonly user?: string;
  readonly password?: string;
  /** For HTTP's bearer authentication. */
  readonly token?: string;
  readonly gzip: boolean;
  /** Certificates to trust in place of the usual ones, as PEM text. */
  readonly ca?: string;
}

/** What Loki says of entries that are too old for their stream. */
const TOO_LATE = /out of order|too far behind/i;

/** Pushes lines to Loki. */
export class LokiSink implements LogSink {
  readonly name: string;
  readonly #options: LokiSinkOptions;
  readonly #url: URL;
  readonly #poster: Poster;
  readonly #streams: LokiStreams;

  constructor(options: LokiSinkOptions) {
    this.name = options.name;
    this.#options = options;
    this.#url = new URL("loki/api/v1/push", options.url.endsWith("/") ? options.url : `${options.url}/`);
    this.#poster = new Poster(options.ca === undefined ? {} : { ca: options.ca });
    this.#streams = new LokiStreams(options);
  }

  async write(batch: readonly RoutedRecord[], signal: AbortSignal): Promise<readonly RefusedRecord[]> {
    return splitRefused(batch, (part) => this.#push(part, signal), isRefusal);
  }

  async close(): Promise<void> {
    this.#poster.close();
  }

  async #push(batch: readonly RoutedRecord[], signal: AbortSignal): Promise<void> {
    const answer = await this.#send(batch, false, signal);
    if (answer.status === 204 || answer.status === 200) return;
    if (answer.status === 400 && TOO_LATE.test(answer.text)) {
      // A stream takes nothing much older than its newest line: late lines get streams of their own.
      const again = await this.#send(batch, true, signal);
      if (again.status === 204 || again.status === 200) return;
      throw this.#failure(again);
    }
    throw this.#failure(answer);
  }

  async #send(batch: readonly RoutedRecord[], late: boolean, signal: AbortSignal): Promise<PostAnswer> {
    const { gzip } = this.#options;
    const body = JSON.stringify({ streams: this.#streams.of(batch, late) });
    try {
      return await this.#poster.post({ url: this.#url, headers: this.#headers(), body, gzip, signal });
    } catch (error) {
      throw postFailure(this.name, this.#url, error);
    }
  }

  #headers(): Record<string, string> {
    const { tenant, user, password = "", token } = this.#options;
    const basic =
      user === undefined ? undefined : `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
    const authorization = token === undefined ? basic : `Bearer ${token}`;
    return {
      "content-type": "application/json",
      ...(tenant === undefined ? {} : { "x-scope-orgid": tenant }),
      ...(authorization === undefined ? {} : { authorization }),
    };
  }

  #failure(answer: PostAnswer): MillraceError {
    const failure = postFailure(
      this.name,
      this.#url,
      `HTTP ${answer.status}, ${answer.text.trim().slice(0, 500)}`,
      answer,
    );
    const hint = HINTS[answer.status] ?? failure.hint;
    return new MillraceError("MLR_LOG_SINK_FAILED", failure.message, {
      details: failure.details,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

const HINTS: Readonly<Record<number, string>> = {
  400: "Loki refuses the lines themselves; see its limits_config.",
  401: "Check user and password, or the token; with several tenants, set the option tenant.",
  403: "Check what the user or token may do.",
  404: "Check the URL: lines are pushed to /loki/api/v1/push under it.",
  429: "Loki's limit of rate is reached: the lines wait. See ingestion_rate_mb in its limits_config.",
};

/** The lines themselves are at fault. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof MillraceError)) return false;
  const { status } = error.details;
  return status === 400 || status === 413 || status === 422;
}
