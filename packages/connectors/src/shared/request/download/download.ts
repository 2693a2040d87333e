import { mkdir } from "node:fs/promises";
import path from "node:path";
import { MillraceError, type Clock } from "@millrace/core";
import type { Answer, BodyKind } from "../answer.ts";
import type { RequestOptions } from "../request-options.ts";
import { backoffMs, withJitter, type RetryPolicy } from "../retry-policy.ts";
import { headerOf } from "../whole-answer.ts";
import { PartFile } from "./part-file.ts";

/** Options of a download. */
export interface DownloadOptions extends Omit<
  RequestOptions,
  "as" | "charset" | "expect" | "cache" | "json" | "form" | "multipart" | "body"
> {
  /** What the file has to be: `sha256:<hexadecimal>`, or another digest that Node.js knows. Default: not compared. */
  readonly checksum?: string;
  /** Goes on with what an attempt or a process before has left, where the server still has the same file. Default true. */
  readonly resume?: boolean;
}

/** What was downloaded. */
export interface Downloaded {
  readonly file: string;
  readonly bytes: number;
  /** `sha256:<hexadecimal>`, or in the algorithm of `checksum`. */
  readonly checksum: string;
  /** The address that answered, behind redirects. */
  readonly url: string;
  /** Bytes that were there already from an attempt before. */
  readonly resumedFrom: number;
  /** Requests that it took. */
  readonly attempts: number;
}

/** What a download is made with. */
export interface DownloadParts {
  readonly ask: <As extends BodyKind>(url: string | URL, options: RequestOptions<As>) => Promise<Answer<As>>;
  readonly policy: RetryPolicy;
  readonly clock: Clock;
}

/** Largest file where nothing is said: a terabyte. */
const MAX_BYTES = 1e12;
/** Longest time where nothing is said. */
const MAX_TIME = "24 hours";

/**
 * Downloads a file: what arrives is kept beside it as `<file>.part`, a connection that breaks goes on where it broke, and the
 * file gets its name only when it is whole and has the checksum. Fails as `RequestClient.request`; with MLR_SOURCE_CHANGED where
 * the file is shorter than said, or its checksum another one.
 */
export async function download(
  address: string | URL,
  file: string,
  { options, parts }: { readonly options: DownloadOptions; readonly parts: DownloadParts },
): Promise<Downloaded> {
  const { checksum, resume = true, retry: _retry, ...rest } = options;
  const [algorithm, wanted] = parseChecksum(checksum);
  await mkdir(path.dirname(path.resolve(file)), { recursive: true });
  const part = new PartFile(path.resolve(file), algorithm);
  const url = String(address);
  const loading = new Loading(part, { url, rest, parts, resume });
  try {
    const answered = await loading.run();
    const digest = part.digest();
    if (wanted !== undefined && digest !== wanted) {
      await part.discard();
      throw new MillraceError(
        "MLR_SOURCE_CHANGED",
        `The checksum of what was downloaded to ${file} is ${algorithm}:${digest}`,
        {
          hint: `It should be ${algorithm}:${wanted}. The part was deleted; the file at the address may be another one now.`,
          details: { file, checksum: `${algorithm}:${digest}` },
        },
      );
    }
    await part.finish();
    const { size: bytes } = part;
    return { file, bytes, checksum: `${algorithm}:${digest}`, ...answered };
  } finally {
    await part.close();
  }
}

interface LoadingParts {
  readonly url: string;
  readonly rest: Omit<DownloadOptions, "checksum" | "resume" | "retry">;
  readonly parts: DownloadParts;
  readonly resume: boolean;
}

class Loading {
  readonly #part: PartFile;
  readonly #given: LoadingParts;
  #resumedFrom = 0;

  constructor(part: PartFile, given: LoadingParts) {
    this.#part = part;
    this.#given = given;
  }

  async run(): Promise<Pick<Downloaded, "url" | "attempts" | "resumedFrom">> {
    const { parts, resume, rest } = this.#given;
    const { policy, clock } = parts;
    let failed = 0;
    for (let attempts = 1; ; attempts++) {
      const before = this.#part.size;
      try {
        const url = await this.#once(resume || attempts > 1);
        return { url, attempts, resumedFrom: this.#resumedFrom };
      } catch (error) {
        rest.signal?.throwIfAborted();
        // What brings a large file forward is no failure.
        failed = this.#part.size > before ? 1 : failed + 1;
        if (!(error instanceof MillraceError) || error.retry === "never" || failed >= policy.attempts)
          throw error;
        await clock.sleep(withJitter(backoffMs(policy, failed)), rest.signal);
        rest.signal?.throwIfAborted();
      }
    }
  }

  /** One request, for all of it or the rest. */
  async #once(resume: boolean): Promise<string> {
    const { url, rest, parts } = this.#given;
    const state = resume ? await this.#part.state(url) : undefined;
    if (state !== undefined) await this.#part.resume();
    const from = state === undefined ? 0 : this.#part.size;
    const range = state === undefined ? {} : { range: `bytes=${from}-`, "if-range": state.validator };
    const answer = await parts.ask(url, {
      maxBytes: MAX_BYTES,
      maxTime: MAX_TIME,
      ...rest,
      // Parts of a compressed file could not be put together.
      headers: { ...rest.headers, "accept-encoding": "identity", ...range },
      as: "stream",
      cache: false,
      retry: false,
      expect: [200, 206, 416],
    });
    const total = await this.#place(answer, from);
    if (total === "whole") return answer.url;
    for await (const piece of answer.body) await this.#part.write(piece as Buffer);
    if (total !== undefined && this.#part.size !== total) {
      throw new MillraceError(
        "MLR_SOURCE_CHANGED",
        `${answer.url} ended after ${this.#part.size} of ${total} bytes`,
        {
          hint: "The connection broke, or the file was changed while it was read.",
        },
      );
    }
    return answer.url;
  }

  /** Decides where the body belongs; gives the size that the whole file will have, `whole` where it is there already. */
  async #place(answer: Answer<"stream">, from: number): Promise<number | "whole" | undefined> {
    const { status, headers, body } = answer;
    const { first, total } = rangeOf(headerOf(headers, "content-range"));
    if (status === 206 && first === from) {
      this.#resumedFrom ||= from;
      return total;
    }
    if (status !== 200) {
      body.destroy();
      if (status === 416 && total === from && from > 0) {
        this.#resumedFrom ||= from;
        return "whole";
      }
      await this.#part.discard();
      throw new MillraceError("MLR_SOURCE_CHANGED", `${answer.url} has not the rest that was asked for`, {
        hint: "It is asked for from its beginning now.",
        retry: "later",
      });
    }
    this.#resumedFrom = 0;
    await this.#part.begin(validatorOf(answer, this.#given.url));
    const length = headerOf(headers, "content-length");
    return length === undefined || headers["content-encoding"] !== undefined ? undefined : Number(length);
  }
}

/** What `content-range` tells: where the part begins, and how large the whole is. */
function rangeOf(header = ""): { readonly first: number | undefined; readonly total: number | undefined } {
  const [, first, total] = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(header) ?? [];
  return {
    first: first === undefined ? undefined : Number(first),
    total: total === undefined || total === "*" ? undefined : Number(total),
  };
}

/** With what the rest can be asked for: a weak ETag does not tell that the bytes are the same (RFC 9110, 13.1.5). */
function validatorOf(
  { headers }: Answer<"stream">,
  url: string,
): { url: string; validator: string } | undefined {
  const etag = headerOf(headers, "etag");
  const validator = etag?.startsWith('"') === true ? etag : headerOf(headers, "last-modified");
  const may = headerOf(headers, "accept-ranges") !== "none" && headers["content-encoding"] === undefined;
  return validator === undefined || !may ? undefined : { url, validator };
}

function parseChecksum(text: string | undefined): [algorithm: string, wanted: string | undefined] {
  if (text === undefined) return ["sha256", undefined];
  const [, algorithm = "", digest = ""] = /^(md5|sha1|sha256|sha384|sha512):([0-9a-f]+)$/i.exec(text) ?? [];
  if (algorithm !== "") return [algorithm.toLowerCase(), digest.toLowerCase()];
  throw new MillraceError("MLR_ARGUMENT_INVALID", `"${text.slice(0, 80)}" is no checksum`, {
    hint: "Write sha256: and 64 hexadecimal digits; md5, sha1, sha384 and sha512 are known too.",
    details: { option: "checksum" },
  });
}
