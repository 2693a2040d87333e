import { type Clock, MillraceError, type Scope } from "@millrace/core";
import type { PushLimits } from "../door/push-limits.ts";
import type { BatchPart, LandedPart } from "../landing/submission.ts";
import type { Landing } from "../landing/landing.ts";
import type { KeyedRow } from "./keyed-rows.ts";
import type { PushToken, PushTokens } from "./push-tokens.ts";
import type { OpenStream, Streams } from "./streams.ts";
import type { TokenRates } from "./token-rates.ts";

/** What the doors ask for, whatever protocol they speak. */
export interface PushServiceOptions {
  readonly streams: Streams;
  readonly tokens: PushTokens;
  readonly rates: TokenRates;
  readonly limits: PushLimits;
  readonly clock: Clock;
}

/** Milliseconds for which a long body waits by itself where there is no room for its next part. */
const ROOM_MS = 30_000;

/** A sender that may push into a stream. */
export class StreamDoor {
  readonly #stream: OpenStream;
  readonly #token: PushToken;
  readonly #o: PushServiceOptions;

  constructor(stream: OpenStream, token: PushToken, options: PushServiceOptions) {
    this.#stream = stream;
    this.#token = token;
    this.#o = options;
  }

  /** Lands a part of a batch. Fails as `StreamLanding.submit`, and with MLR_PUSH_BUSY where the token sends too much. */
  async submit(part: BatchPart): Promise<LandedPart> {
    const { rates, clock } = this.#o;
    if (part.work.kind === "rows") (await this.#stream.names()).check(part.work.rows);
    const first = (part.offset ?? 0) === 0;
    const until = clock.monotonic() + ROOM_MS;
    for (;;) {
      try {
        rates.spend(this.#token.id, part.count);
        return await this.#stream.landing.submit(part);
      } catch (error) {
        // A sender in the middle of a body is held back by not being read.
        const busy = error instanceof MillraceError && error.code === "MLR_PUSH_BUSY";
        if (!busy || first || clock.monotonic() >= until) throw error;
        await clock.sleep(200);
      }
    }
  }

  /** Opens or completes a reading of the stream, or of a scope. */
  mark(kind: "begin" | "complete", scope: Scope | undefined, id: string | undefined): Promise<LandedPart> {
    return this.submit({
      ...(id === undefined ? {} : { id, digest: JSON.stringify([kind, scope ?? null]) }),
      work: { kind, ...(scope === undefined ? {} : { scope }) },
      count: 0,
      last: true,
      bytes: 0,
    });
  }

  /** How far a batch has landed. */
  progress(id: string): ReturnType<Landing["progress"]> {
    return this.#stream.landing.progress(id);
  }

  find(key: readonly string[]): Promise<KeyedRow | undefined> {
    return this.#stream.rows.find(key);
  }

  /** Removes rows by their keys: how many there were. Fails with MLR_PUSH_INVALID where the table removes nothing. */
  async remove(keys: readonly (readonly string[])[]): Promise<number> {
    const { table, stream } = this.#stream.definition;
    const merges = table.mode === undefined || table.mode === "merge";
    if (!merges || table.removals === "keep") {
      throw new MillraceError("MLR_PUSH_INVALID", `Rows of stream "${stream}" are not removed`, {
        hint: 'Only tables with mode: "merge" remove rows, and not with removals: "keep".',
      });
    }
    const found: Scope[] = [];
    for (const key of keys) {
      const row = await this.find(key);
      if (row !== undefined) found.push(row.key);
    }
    if (found.length === 0) return 0;
    // Where the destination is away its rows cannot be found, so that this is never kept for later.
    await this.submit({ work: { kind: "delete", keys: found }, count: 0, last: true, bytes: 0 });
    return found.length;
  }
}

/** Opens a stream for a sender. Fails with MLR_SIGN_IN_REQUIRED, MLR_ACCESS_DENIED, MLR_STREAM_NOT_FOUND or MLR_PUSH_BUSY. */
export async function openDoor(
  options: PushServiceOptions,
  request: {
    readonly stream: string;
    readonly authorization: string | null | undefined;
    readonly address: string;
  },
): Promise<StreamDoor> {
  const { tokens, streams } = options;
  const token = await tokens.of(request.authorization, request.address);
  tokens.check(token, request.stream);
  const stream = await streams.find(request.stream);
  if (stream.closedBecause !== undefined) {
    throw new MillraceError(
      "MLR_PUSH_BUSY",
      `Nothing is taken for stream "${request.stream}": ${stream.closedBecause}`,
      {
        hint: "`millrace resume` or `millrace enable` opens it again.",
        details: { retryAfterSeconds: 60 },
      },
    );
  }
  return new StreamDoor(stream, token, options);
}
