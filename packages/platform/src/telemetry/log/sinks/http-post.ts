import { request as httpRequest } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { MillraceError } from "@millrace/core";

const compress = promisify(gzip);

/** What is sent. */
export interface Post {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Compress the body. */
  readonly gzip: boolean;
  readonly signal: AbortSignal;
}

/** What came back. */
export interface PostAnswer {
  readonly status: number;
  /** At most 64 KiB of it. */
  readonly text: string;
  /** How long the server asks to wait, in milliseconds; 0 where it does not say. */
  readonly retryAfterMs: number;
}

/** How servers are reached. */
export interface PosterOptions {
  /** Certificates to trust in place of the usual ones, as PEM text. */
  readonly ca?: string;
}

const ANSWER_BYTES = 64 * 1024;

/** Sends requests over connections that are kept. */
export class Poster {
  readonly #agent: Agent;

  constructor({ ca }: PosterOptions = {}) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: 16, ...(ca === undefined ? {} : { ca }) });
  }

  /** Rejects where no answer comes; any answer, whatever its status, is one. */
  async post({ url, headers, body, gzip: zipped, signal }: Post): Promise<PostAnswer> {
    const bytes = zipped ? await compress(body) : Buffer.from(body);
    const { promise, resolve, reject } = Promise.withResolvers<PostAnswer>();
    const secure = url.protocol === "https:";
    const options = {
      method: "POST",
      signal,
      headers: {
        ...headers,
        "content-length": String(bytes.length),
        ...(zipped ? { "content-encoding": "gzip" } : {}),
      },
    };
    const request = secure
      ? httpsRequest(url, { ...options, agent: this.#agent })
      : httpRequest(url, options);
    request.once("error", reject);
    request.once("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        if (text.length < ANSWER_BYTES) text += part.slice(0, ANSWER_BYTES - text.length);
      });
      response.once("error", reject);
      response.once("end", () => {
        const retryAfterMs = waitOf(response.headers["retry-after"]);
        resolve({ status: response.statusCode ?? 0, text, retryAfterMs });
      });
    });
    request.end(bytes);
    return promise;
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Seconds, or a date. */
function waitOf(header: string | undefined): number {
  if (header === undefined) return 0;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), 600_000) : 0;
}

/** The error of a sink over HTTP. `error` may be what a request was rejected with. */
export function postFailure(sink: string, url: URL, why: unknown, answer?: PostAnswer): MillraceError {
  const place = `${url.protocol}//${url.host}${url.pathname}`;
  const reason = why instanceof Error ? reasonOf(why) : String(why);
  return new MillraceError("MLR_LOG_SINK_FAILED", `${sink} at ${place}: ${reason}`, {
    hint: "The lines are kept in files, and brought to it when it answers again.",
    details: {
      ...(answer === undefined ? {} : { status: answer.status }),
      ...(answer === undefined || answer.retryAfterMs === 0 ? {} : { retryAfterMs: answer.retryAfterMs }),
    },
    ...(why instanceof Error ? { cause: why } : {}),
  });
}

function reasonOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  // Where several addresses were tried, the message is empty.
  return error.message === "" ? (code ?? error.name) : error.message;
}
