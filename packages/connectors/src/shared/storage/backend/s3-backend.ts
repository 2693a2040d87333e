import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Readable } from "node:stream";
import { MillraceError } from "@millrace/core";
import { Agent, type Dispatcher, request } from "undici";
import type { S3Service } from "../../files/s3/s3-service.ts";
import type { PlaceEntry, StorageBackend } from "./backend.ts";
import { readListing } from "./s3-listing.ts";
import { s3StorageFailure } from "./s3-storage-failure.ts";

/** Largest object that one request may put. */
const MAX_BYTES = 5 * 1024 ** 3;
const TRIES = 4;
const TIMEOUT_MS = 60_000;

interface Sending {
  readonly method: "GET" | "PUT" | "HEAD" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: { readonly sha256: string; readonly bytes: number; readonly open: () => string | Readable };
  /** Answers that are no failure. */
  readonly expect: readonly number[];
}

type Answer = Dispatcher.ResponseData;

/** A bucket of an S3-compatible service, or a part of one. Objects become visible when their request is done. */
export class S3Backend implements StorageBackend {
  readonly location: string;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #service: S3Service;
  readonly #dispatcher = new Agent({ headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });
  #spool: Promise<string> | undefined;

  /** @param place `bucket` or `bucket/prefix` */
  constructor(place: string, service: S3Service) {
    const [bucket = "", ...rest] = place.split("/").filter((part) => part !== "");
    this.#bucket = bucket;
    this.#prefix = rest.length === 0 ? "" : `${rest.join("/")}/`;
    this.#service = service;
    this.location = `s3://${bucket}/${this.#prefix}`;
  }

  spoolFolder(): Promise<string> {
    this.#spool ??= mkdtemp(path.join(tmpdir(), "millrace-storage-"));
    return this.#spool;
  }

  async write(name: string, content: string, { exclusive = false } = {}): Promise<boolean> {
    const bytes = Buffer.byteLength(content);
    const sha256 = createHash("sha256").update(content).digest("hex");
    const answer = await this.#send({
      method: "PUT",
      path: name,
      headers: exclusive ? { "if-none-match": "*" } : {},
      body: { sha256, bytes, open: () => content },
      expect: exclusive ? [200, 409, 412] : [200],
    });
    await answer.body.dump();
    return answer.statusCode === 200;
  }

  async take(
    name: string,
    file: string,
    { sha256, bytes }: { readonly sha256: string; readonly bytes: number },
  ): Promise<void> {
    if (bytes > MAX_BYTES) {
      throw new MillraceError(
        "MLR_STORAGE_FULL",
        `${this.location}${name} would have ${bytes} bytes, more than ${MAX_BYTES}`,
        {
          hint: "Objects of a bucket are put in one request each. Keep larger ones in a folder.",
          retry: "never",
        },
      );
    }
    const body = { sha256, bytes, open: () => createReadStream(file) };
    const answer = await this.#send({ method: "PUT", path: name, body, expect: [200] });
    await answer.body.dump();
    await rm(file, { force: true });
  }

  async read(name: string): Promise<Readable | undefined> {
    const answer = await this.#send({ method: "GET", path: name, expect: [200, 404] });
    if (answer.statusCode === 200) return answer.body;
    await this.#noBucket(answer, name);
    return undefined;
  }

  async stat(name: string): Promise<PlaceEntry | undefined> {
    const { statusCode, headers, body } = await this.#send({
      method: "HEAD",
      path: name,
      expect: [200, 404],
    });
    await body.dump();
    if (statusCode === 404) return undefined;
    const modified = Date.parse(String(headers["last-modified"]));
    return {
      path: name,
      bytes: Number(headers["content-length"] ?? 0),
      modifiedMs: Number.isNaN(modified) ? 0 : modified,
    };
  }

  async *list(prefix: string): AsyncIterable<PlaceEntry> {
    for await (const page of this.#pages(prefix, {})) {
      for (const { path: each, ...facts } of page.entries)
        yield { path: each.slice(this.#prefix.length), ...facts };
    }
  }

  async folders(name: string): Promise<string[]> {
    const found: string[] = [];
    for await (const page of this.#pages(`${name}/`, { delimiter: "/" })) {
      found.push(...page.prefixes.map((each) => each.slice(this.#prefix.length + name.length + 1, -1)));
    }
    return found.toSorted();
  }

  touch(name: string): Promise<boolean> {
    return this.#copy(name, name, { "x-amz-metadata-directive": "REPLACE" });
  }

  async move(from: string, to: string): Promise<boolean> {
    if (!(await this.#copy(from, to, {}))) return false;
    await this.remove(from);
    return true;
  }

  async remove(name: string): Promise<void> {
    const answer = await this.#send({ method: "DELETE", path: name, expect: [200, 204, 404] });
    await answer.body.dump();
  }

  async close(): Promise<void> {
    await this.#dispatcher.close();
    if (this.#spool !== undefined) await rm(await this.#spool, { recursive: true, force: true });
    this.#spool = undefined;
  }

  async #copy(from: string, to: string, headers: Readonly<Record<string, string>>): Promise<boolean> {
    const whole = `/${this.#bucket}/${(this.#prefix + from).split("/").map(encodeURIComponent).join("/")}`;
    const answer = await this.#send({
      method: "PUT",
      path: to,
      headers: { ...headers, "x-amz-copy-source": whole },
      expect: [200, 404],
    });
    const text = await answer.body.text();
    if (answer.statusCode === 404) return false;
    // A copy may fail behind a status of success.
    if (text.includes("<Error>")) throw s3StorageFailure(this.location + to, 500, text);
    return true;
  }

  async *#pages(
    prefix: string,
    query: Readonly<Record<string, string>>,
  ): AsyncGenerator<ReturnType<typeof readListing>> {
    let token: string | undefined;
    do {
      const answer = await this.#send({
        method: "GET",
        path: "",
        query: {
          ...query,
          "list-type": "2",
          prefix: this.#prefix + prefix,
          ...(token === undefined ? {} : { "continuation-token": token }),
        },
        expect: [200],
      });
      const page = readListing(await answer.body.text(), this.location);
      yield page;
      token = page.next;
    } while (token !== undefined);
  }

  /** A bucket that is missing must not look like an object that is. */
  async #noBucket({ body, statusCode }: Answer, name: string): Promise<void> {
    const text = await body.text();
    if (text.includes("<Code>NoSuchBucket</Code>"))
      throw s3StorageFailure(this.location + name, statusCode, text);
  }

  async #send(sending: Sending): Promise<Answer> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#once(sending);
      } catch (error) {
        const again = error instanceof MillraceError && error.retry === "later" && tries < TRIES;
        if (!again) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100 * 4 ** (tries - 1)));
      }
    }
  }

  async #once({ method, path: name, query = {}, headers = {}, body, expect }: Sending): Promise<Answer> {
    const where = this.location + name;
    const url = this.#service.address(this.#bucket, name === "" ? "" : this.#prefix + name);
    for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
    // A space in a query is signed as %20.
    url.search = url.search.replaceAll("+", "%20");
    const signed = await this.#service.headers(url, headers, {
      method,
      ...(body === undefined ? {} : { payloadHash: body.sha256 }),
    });
    let answer: Answer;
    try {
      answer = await request(url.href, {
        dispatcher: this.#dispatcher,
        method,
        headers: body === undefined ? signed : { ...signed, "content-length": String(body.bytes) },
        ...(body === undefined ? {} : { body: body.open() }),
      });
    } catch (error) {
      throw s3StorageFailure(where, 0, "", error);
    }
    if (expect.includes(answer.statusCode)) return answer;
    throw s3StorageFailure(where, answer.statusCode, method === "HEAD" ? "" : await answer.body.text());
  }
}
