import { sizeOf, variantOf, type CachedAnswer, type CacheStore } from "./cache-store.ts";

interface Kept {
  readonly url: string;
  readonly answer: CachedAnswer;
  readonly bytes: number;
}

/** Keeps answers in memory. */
export class MemoryStore implements CacheStore {
  readonly #maxBytes: number;
  /** By address and variant, the least recently used first. */
  readonly #kept = new Map<string, Kept>();
  readonly #variants = new Map<string, Set<string>>();
  bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  find(url: string): readonly CachedAnswer[] {
    const found: CachedAnswer[] = [];
    for (const key of this.#variants.get(url) ?? []) {
      const kept = this.#kept.get(key);
      if (kept === undefined) continue;
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      found.push(kept.answer);
    }
    return found;
  }

  put(url: string, answer: CachedAnswer): void {
    const key = `${url}\n${variantOf(answer)}`;
    this.#drop(key);
    const bytes = sizeOf(url, answer);
    this.#kept.set(key, { url, answer, bytes });
    const variants = this.#variants.get(url) ?? new Set();
    this.#variants.set(url, variants.add(key));
    this.bytes += bytes;
    for (const oldest of this.#kept.keys()) {
      if (this.bytes <= this.#maxBytes) break;
      this.#drop(oldest);
    }
  }

  remove(url: string): void {
    for (const key of this.#variants.get(url) ?? []) this.#drop(key);
  }

  close(): void {
    this.#kept.clear();
    this.#variants.clear();
    this.bytes = 0;
  }

  #drop(key: string): void {
    const kept = this.#kept.get(key);
    if (kept === undefined) return;
    this.#kept.delete(key);
    this.bytes -= kept.bytes;
    const variants = this.#variants.get(kept.url);
    variants?.delete(key);
    if (variants?.size === 0) this.#variants.delete(kept.url);
  }
}
