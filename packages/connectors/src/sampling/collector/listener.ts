import type { MillraceError } from "@millrace/core";
import type { SampleBatch } from "../../shared/sampling/index.ts";

/** What listeners are told of a context. */
export interface ContextInfo {
  readonly id: number;
  readonly name: string;
  /** When it was started, set by the collector. */
  readonly startedAt: Date;
  /** When it ended, or will end by itself; undefined where it only ends when it is stopped. */
  readonly endsAt: Date | undefined;
}

/** Is told what a collector does. Calls are not waited for; what they throw is logged and changes nothing. */
export interface SamplingListener {
  beforeStart?(context: ContextInfo): void;
  afterStart?(context: ContextInfo): void;
  beforePause?(context: ContextInfo): void;
  afterPause?(context: ContextInfo): void;
  beforeResume?(context: ContextInfo): void;
  afterResume?(context: ContextInfo): void;
  beforeStop?(context: ContextInfo): void;
  afterStop?(context: ContextInfo): void;
  beforeClose?(): void;
  afterClose?(): void;
  /** The samples of one context, tick and reader, before the writers get them. */
  onSample?(batch: SampleBatch): void;
  /** A reader or writer failed. */
  onError?(error: MillraceError, where: { readonly reader?: string; readonly writer?: string }): void;
}

/** Calls all listeners, and tells the logger of those that fail. */
export class Listeners {
  readonly #listeners = new Set<SamplingListener>();
  readonly #failed: (event: string, error: unknown) => void;

  constructor(failed: (event: string, error: unknown) => void) {
    this.#failed = failed;
  }

  /** Returns what takes it away again. */
  add(listener: SamplingListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell<E extends keyof SamplingListener>(
    event: E,
    ...told: Parameters<NonNullable<SamplingListener[E]>>
  ): void {
    for (const listener of this.#listeners) {
      const call = listener[event] as ((...given: unknown[]) => unknown) | undefined;
      if (call === undefined) continue;
      try {
        const returned = call.apply(listener, told);
        if (returned instanceof Promise) returned.catch((error: unknown) => this.#failed(event, error));
      } catch (error) {
        this.#failed(event, error);
      }
    }
  }
}
