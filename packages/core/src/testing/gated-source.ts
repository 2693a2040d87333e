import type { Message } from "../message.ts";
import type { ReadContext, Source } from "../source.ts";
import { wrapSource } from "./wrap-source.ts";

/** A source that a test lets go on, message by message. */
export interface GatedSource extends Source {
  /** Lets `count` more messages through. Default 1. */
  release(count?: number): void;
  /** Lets everything through from now on. */
  open(): void;
  /** Resolves once the engine waits for a message that has not been let through: it has taken all the others. */
  waiting(): Promise<void>;
  /** Messages that went through, over all readings. */
  readonly passed: number;
}

/** Holds back every message of `source` until the test releases it. An aborted reading ends, even while held back. */
export function gatedSource(source: Source): GatedSource {
  let allowed = 0;
  let passed = 0;
  let wake: (() => void) | undefined;
  let blocked = Promise.withResolvers<void>();

  const release = (count = 1): void => {
    allowed += count;
    wake?.();
  };
  const hold = async (signal: AbortSignal): Promise<void> => {
    const released = Promise.withResolvers<void>();
    wake = () => released.resolve();
    const letGo = (): void => released.resolve();
    signal.addEventListener("abort", letGo, { once: true });
    blocked.resolve();
    await released.promise;
    signal.removeEventListener("abort", letGo);
    blocked = Promise.withResolvers<void>();
  };
  const pass = async (signal: AbortSignal): Promise<boolean> => {
    while (allowed <= 0 && !signal.aborted) await hold(signal);
    if (signal.aborted) return false;
    allowed--;
    passed++;
    return true;
  };
  async function* read(context: ReadContext): AsyncGenerator<Message> {
    for await (const message of source.read(context)) {
      if (!(await pass(context.signal))) return;
      yield message;
    }
  }
  return wrapSource(source, read, {
    release,
    open: () => release(Infinity),
    waiting: () => blocked.promise,
    get passed() {
      return passed;
    },
  });
}
