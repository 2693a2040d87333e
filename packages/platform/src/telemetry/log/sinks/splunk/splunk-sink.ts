import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { type Clock, MillraceError } from "@millrace/core";
import type { RoutedRecord } from "../../log-record.ts";
import type { LogSink, RefusedRecord } from "../../log-sink.ts";
import { Poster, postFailure, type PostAnswer } from "../http-post.ts";
import { splitRefused } from "../split-refused.ts";
import { SplunkAcknowledgements } from "./splunk-acknowledgements.ts";
import { isRefusedCode, splunkAnswer, splunkHint } from "./splunk-answer.ts";
import { splunkEvent, type SplunkEventOptions } from "./splunk-event.ts";

/** How lines reach Splunk's HTTP event collector. */
export interface SplunkSinkOptions extends SplunkEventOptions {
  readonly name: string;
  /** Base URL, such as `https://splunk.example.com:8088`. */
  readonly url: string;
  readonly token: string;
  readonly gzip: boolean;
  /** Wait until the indexers have acknowledged a batch. */
  readonly acknowledge: boolean;
  /** Longest wait for that, in milliseconds. */
  readonly acknowledgeMs: number;
  /** Certificates to trust in place of the usual ones, as PEM text. */
  readonly ca?: string;
  readonly clock: Clock;
}

/** Sends lines to Splunk's HTTP event collector. */
export class SplunkSink implements LogSink {
  readonly name: string;
  readonly #options: SplunkSinkOptions;
  readonly #url: URL;
  readonly #poster: Poster;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #acknowledgements: SplunkAcknowledgements | undefined;
  readonly #host: string;

  constructor(options: SplunkSinkOptions) {
    this.name = options.name;
    this.#options = options;
    this.#host = options.host ?? hostname();
    this.#poster = new Poster(options.ca === undefined ? {} : { ca: options.ca });
    this.#url = new URL("services/collector/event", withSlash(options.url));
    // Acknowledgements are counted per channel, and a channel belongs to one sender.
    const channel = randomUUID();
    this.#headers = {
      authorization: `Splunk ${options.token}`,
      "content-type": "application/json",
      ...(options.acknowledge ? { "x-splunk-request-channel": channel } : {}),
    };
    this.#acknowledgements = options.acknowledge
      ? new SplunkAcknowledgements({
          ask: (ids, signal) => this.#askAcknowledged(ids, channel, signal),
          clock: options.clock,
          timeoutMs: options.acknowledgeMs,
        })
      : undefined;
  }

  async write(batch: readonly RoutedRecord[], signal: AbortSignal): Promise<readonly RefusedRecord[]> {
    return splitRefused(batch, (part) => this.#send(part, signal), isRefusedCode);
  }

  async close(): Promise<void> {
    this.#poster.close();
  }

  async #send(batch: readonly RoutedRecord[], signal: AbortSignal): Promise<void> {
    const body = batch.map((record) => splunkEvent(record, this.#host, this.#options)).join("\n");
    const answer = await this.#post(this.#url, body, this.#options.gzip, signal);
    const said = splunkAnswer(answer);
    if (answer.status !== 200 || said.code !== 0) {
      const hint = splunkHint(said.code, answer.status);
      const failure = postFailure(this.name, this.#url, `HTTP ${answer.status}, ${said.text}`, answer);
      throw new MillraceError("MLR_LOG_SINK_FAILED", failure.message, {
        hint: hint ?? failure.hint ?? "",
        details: { ...failure.details, splunkCode: said.code },
      });
    }
    if (this.#acknowledgements === undefined) return;
    if (said.ackId === undefined) {
      throw new MillraceError("MLR_LOG_SINK_FAILED", `${this.name}: Splunk sent no acknowledgement id`, {
        hint: "Switch on indexer acknowledgement for this token in Splunk, or set acknowledge: false.",
      });
    }
    await this.#acknowledgements.wait(said.ackId, signal);
  }

  async #askAcknowledged(
    ids: readonly number[],
    channel: string,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, boolean>>> {
    const url = new URL("services/collector/ack", withSlash(this.#options.url));
    url.searchParams.set("channel", channel);
    const answer = await this.#post(url, JSON.stringify({ acks: ids }), false, signal);
    if (answer.status !== 200)
      throw postFailure(this.name, url, `HTTP ${answer.status}, ${answer.text}`, answer);
    const { acks } = JSON.parse(answer.text) as { acks?: Readonly<Record<string, boolean>> };
    return acks ?? {};
  }

  async #post(url: URL, body: string, gzip: boolean, signal: AbortSignal): Promise<PostAnswer> {
    try {
      return await this.#poster.post({ url, headers: this.#headers, body, gzip, signal });
    } catch (error) {
      throw postFailure(this.name, url, error);
    }
  }
}

function withSlash(url: string): string {
  return url.endsWith("/") ? url : `${url}/`;
}
