import type { Clock } from "@millrace/core";
import type { WebSocket } from "ws";
import type { Outgoing } from "./feed.ts";
import { Pacer } from "./pacer.ts";
import type { TaskTracker } from "./task-tracker.ts";

/** Sends messages in their order, no faster than the server takes them. */
export class Outbox {
  readonly #tasks: TaskTracker;
  readonly #pacer: Pacer;
  readonly #socket: () => WebSocket | undefined;
  readonly #waiting: Outgoing[] = [];
  #sending = false;

  constructor(options: {
    readonly clock: Clock;
    readonly perSecond: number;
    readonly tasks: TaskTracker;
    readonly socket: () => WebSocket | undefined;
  }) {
    this.#tasks = options.tasks;
    this.#socket = options.socket;
    this.#pacer = new Pacer(options.clock, options.perSecond);
  }

  send(message: Outgoing): void {
    this.#waiting.push(message);
    if (this.#sending) return;
    this.#sending = true;
    this.#tasks.add("send", (signal) => this.#pump(signal));
  }

  async #pump(signal: AbortSignal): Promise<void> {
    try {
      for (let message = this.#waiting.shift(); message !== undefined; message = this.#waiting.shift()) {
        await this.#pacer.turn(signal);
        const socket = this.#socket();
        if (signal.aborted || socket?.readyState !== 1) return;
        socket.send(encode(message));
      }
    } finally {
      this.#sending = false;
    }
  }
}

function encode(message: Outgoing): string | Uint8Array {
  return typeof message === "string" || message instanceof Uint8Array ? message : JSON.stringify(message);
}
