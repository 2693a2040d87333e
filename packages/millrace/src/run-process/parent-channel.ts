import { type EnqueuedJob, MillraceError, type NewJob, redactor } from "@millrace/core";
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
  /** Queues a job under this id. Fails with MLR_CONTROL_UNAVAILABLE. */
  enqueue(id: string, job: NewJob): Promise<EnqueuedJob>;
}

/** What the worker says to a question. */
type Answer = Extract<ToProcess, { readonly number: number }>;

/** Progress that is told at most so often, in milliseconds; everything else is told at once. */
const PROGRESS_MS = 250;

/** The channel that this process was started with. Fails where it has none: then nobody would hear of the run. */
export function parentChannel(): ParentChannel {
  const send = process.send?.bind(process);
  if (send === undefined) throw new Error("This program is started by a worker of Millrace");
  const waiting = new Map<number, (answer: Answer) => void>();
  let asked = 0;
  let lastProgress = 0;
  process.on("message", (message: ToProcess) => {
    if (!("number" in message)) return;
    const take = waiting.get(message.number);
    waiting.delete(message.number);
    take?.(message);
  });
  const ask = (question: (number: number) => FromProcess): Promise<Answer> =>
    new Promise((resolve) => {
      const number = ++asked;
      waiting.set(number, resolve);
      // As it is: what a job is given is for its task alone, secrets included.
      send(question(number));
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
    nextAttempt: async (above) => {
      const answer = await ask((number) => ({ type: "attempt", number, above }));
      if (answer.type === "attempt") return answer.attempt;
      throw new Error(answer.type === "refused" ? answer.message : "The worker answered another question");
    },
    enqueue: async (id, job) => {
      const answer = await ask((number) => ({ type: "enqueue", number, id, job }));
      if (answer.type === "enqueued") return { id: answer.id, created: answer.created };
      const why = answer.type === "refused" ? answer.message : "the worker answered another question";
      throw new MillraceError(
        "MLR_CONTROL_UNAVAILABLE",
        `The job for task "${job.task}" was not queued: ${why}`,
      );
    },
  };
}
