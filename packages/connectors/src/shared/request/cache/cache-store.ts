import type { AnswerHeaders } from "../whole-answer.ts";

/** An answer that was kept. */
export interface CachedAnswer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** As it was transferred. */
  readonly body: Buffer;
  /** Headers of the request that the answer depends on, with their values. */
  readonly vary: Readonly<Record<string, string>>;
  /** Whose answer it is: answers to one session or login are not given to another. */
  readonly partition: string;
  readonly storedAtMs: number;
}

/** Where answers are kept; the least recently used go first where there is no room. */
export interface CacheStore {
  /** All variants of an address. */
  find(url: string): readonly CachedAnswer[];
  /** Keeps an answer, in place of the same variant. */
  put(url: string, answer: CachedAnswer): void;
  /** Forgets all variants of an address. */
  remove(url: string): void;
  /** Bytes that are kept. */
  readonly bytes: number;
  close(): void;
}

/** Tells the variants of an address apart. */
export function variantOf({ partition, vary }: Pick<CachedAnswer, "partition" | "vary">): string {
  return JSON.stringify([partition, Object.entries(vary).toSorted(([a], [b]) => (a < b ? -1 : 1))]);
}

/** What an answer takes, about. */
export function sizeOf(url: string, { headers, body, vary }: CachedAnswer): number {
  return body.length + url.length + JSON.stringify([headers, vary]).length + 200;
}
