import { redactor } from "@millrace/core";
import type { FromProcess, ToProcess } from "@millrace/orchestrator";

/** The connection of a run's process to its worker. What is sent is without secrets. */
export interface ParentChannel {
  send(message: FromProcess): void;
  /** Sends the last message, and resolves when it is out. */
  sendLast(message: FromProcess): Promise<void>;
  /** Calls `listener` with each message from here on. */
  listen(listener: (message: ToProcess) => void): void;
  /** An attempt number above all before, and above the given one. Fails where the run is no longer held. */
  nextAttempt(above: bigint): Promise<bigint>;
}

/** Progress that is told at most so often, in milliseconds; everything else is told at once. */
const PROGRESS_MS = 250;

/** The channel that this process was started with. Fails where it has none: then nobody would hear of the run. */
export function parentChannel(): ParentChannel {
  const send = process.send?.bind(process);
  if (send === undefined) throw new Error("This program is started by a worker of Millrace");
  const waiting = new Map<number, { resolve: (attempt: bigint) => void; reject: (error: Error) => void }>();
  let asked = 0;
  let lastProgress = 0;
  process.on("message", (message: ToProcess) => {
    if (message.type !== "attempt" && message.type !== "refused") return;
    const waiter = waiting.get(message.number);
    waiting.delete(message.number);
    if (message.type === "attempt") waiter?.resolve(message.attempt);
    else waiter?.reject(new Error(message.message));
  });
  return {
    send: (message) => {
      if (message.type === "event" && message.event.type === "progress") {
        const now = performance.now();
        if (now - lastProgress < PROGRESS_MS) return;
        lastProgress = now;
      }
      if (process.connected) send(redactor.value(message), undefined, undefined, () => undefined);
    },
    sendLast: (message) =>
      new Promise((resolve) => {
        if (!process.connected) return resolve();
        send(redactor.value(message), undefined, undefined, () => resolve());
      }),
    listen: (listener) => void process.on("message", listener),
    nextAttempt: (above) =>
      new Promise((resolve, reject) => {
        const number = ++asked;
        waiting.set(number, { resolve, reject });
        send({ type: "attempt", number, above } satisfies FromProcess);
      }),
  };
}
