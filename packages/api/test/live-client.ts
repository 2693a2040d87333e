import type { ServerMessage } from "../src/live/messages.ts";

type Told = ServerMessage["type"];
export type MessageOf<T extends Told> = Extract<ServerMessage, { type: T }>;

/** A client as a program would be, over Node's own WebSocket. */
export class LiveClient {
  /** All that has come, oldest first. */
  readonly messages: ServerMessage[] = [];
  /** Resolves with the code and reason with which it ended. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #socket: WebSocket;
  readonly #open: Promise<void>;
  readonly #waiting = new Set<() => void>();

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.#socket = new WebSocket(url, { headers: { ...headers } });
    this.#open = new Promise((resolve, reject) => {
      this.#socket.addEventListener("open", () => resolve());
      this.#socket.addEventListener("error", () => reject(new Error("The connection was refused")));
    });
    this.#open.catch(() => undefined);
    this.closed = new Promise((resolve) => {
      this.#socket.addEventListener("close", ({ code, reason }) => resolve({ code, reason }));
    });
    this.#socket.addEventListener("message", ({ data }) => {
      this.messages.push(JSON.parse(String(data)) as ServerMessage);
      for (const wake of this.#waiting) wake();
    });
  }

  /** Resolves when it is connected; rejects where that is refused. */
  opened(): Promise<void> {
    return this.#open;
  }

  send(message: unknown): void {
    this.#socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  /** Follows topics, and waits until that is answered. */
  async follow(topics: readonly string[], after?: string): Promise<MessageOf<"subscribed">> {
    await this.opened();
    const before = this.messages.length;
    this.send({ type: "subscribe", topics, ...(after === undefined ? {} : { after }) });
    return this.until("subscribed", () => true, before);
  }

  /** The first message of this type, from the given place on, for which `fits` is true; waits for it. */
  async until<T extends Told>(
    type: T,
    fits: (message: MessageOf<T>) => boolean = () => true,
    from = 0,
  ): Promise<MessageOf<T>> {
    for (;;) {
      for (const message of this.messages.slice(from)) {
        if (message.type === type && fits(message as MessageOf<T>)) return message as MessageOf<T>;
      }
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
    }
  }

  /** The events that have come. */
  events(topic?: string): MessageOf<"event">[] {
    return this.messages.filter(
      (message): message is MessageOf<"event"> =>
        message.type === "event" && (topic === undefined || message.topic === topic),
    );
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.closed;
  }
}
