import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

/** A live feed of its own protocol: numbered ticks of symbols, subscribed to by `{ op, keys }`. */
export class FeedServer {
  readonly sockets = new Set<WebSocket>();
  /** What clients said, oldest first. */
  readonly said: { readonly op: string; readonly keys?: readonly string[] }[] = [];
  connections = 0;
  /** Subscriptions are not answered. */
  deaf = false;
  /** Answers to upgrade requests: 101 where it is undefined. */
  refuseWith: number | undefined;
  readonly #server: WebSocketServer;
  readonly #subscribed = new Map<WebSocket, Set<string>>();
  #waiters: { readonly done: () => boolean; readonly resolve: () => void }[] = [];

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on("connection", (socket) => this.#connected(socket));
    server.on("error", () => undefined);
  }

  static async start(port = 0): Promise<FeedServer> {
    const holder: { made?: FeedServer } = {};
    const server = new WebSocketServer({
      host: "127.0.0.1",
      port,
      verifyClient: (_info, done) => {
        const code = holder.made?.refuseWith;
        if (code === undefined) done(true);
        else done(false, code, "No");
      },
    });
    await once(server, "listening");
    holder.made = new FeedServer(server);
    return holder.made;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  /** Sends a tick of a symbol to all who subscribed to it. */
  tick(symbol: string, id: number, at = Date.now()): void {
    for (const [socket, keys] of this.#subscribed) {
      if (keys.has(`tick:${symbol}`)) socket.send(JSON.stringify({ type: "tick", symbol, id, at }));
    }
  }

  sendRaw(data: string | Uint8Array): void {
    for (const socket of this.sockets) socket.send(data);
  }

  /** Sockets that have subscribed to something. */
  get subscribers(): number {
    return [...this.#subscribed.values()].filter((keys) => keys.size > 0).length;
  }

  /** Ends all connections. */
  drop(code?: number): void {
    for (const socket of this.sockets) {
      if (code === undefined) socket.terminate();
      else socket.close(code, "so it goes");
    }
  }

  /** Resolves when `done` has become true after something happened here. */
  until(done: () => boolean): Promise<void> {
    if (done()) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ done, resolve }));
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #connected(socket: WebSocket): void {
    this.connections++;
    this.sockets.add(socket);
    this.#subscribed.set(socket, new Set());
    socket.on("message", (data: Buffer) => this.#heard(socket, data.toString()));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.sockets.delete(socket);
      this.#subscribed.delete(socket);
      this.#happened();
    });
    this.#happened();
  }

  #heard(socket: WebSocket, text: string): void {
    const message = JSON.parse(text) as { op: string; keys?: string[] };
    this.said.push(message);
    if (!this.deaf) {
      const keys = this.#subscribed.get(socket);
      for (const key of message.keys ?? []) {
        if (message.op === "subscribe") keys?.add(key);
        else keys?.delete(key);
      }
      if (message.op === "ping") socket.send(JSON.stringify({ type: "pong" }));
      else socket.send(JSON.stringify({ type: `${message.op}d`, keys: message.keys }));
    }
    this.#happened();
  }

  #happened(): void {
    const done = this.#waiters.filter((waiter) => waiter.done());
    this.#waiters = this.#waiters.filter((waiter) => !done.includes(waiter));
    for (const { resolve } of done) resolve();
  }
}
