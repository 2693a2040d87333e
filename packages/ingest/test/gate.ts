import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/**
 * Ports that systems give to nobody who does not ask for them: while the gate is shut, no connection that somebody makes
 * takes its port.
 */
const PORTS = { from: 20_000, count: 10_000 };

/** A way to a database that can be shut, so that it refuses connections as a stopped server does, and opened again. */
export class Gate {
  readonly #to: number;
  readonly #sockets = new Set<Socket>();
  #port = 0;
  #server: Server | undefined;

  constructor(to: number) {
    this.#to = to;
  }

  async open(): Promise<void> {
    const server = createServer((near) => {
      const far = connect(this.#to, "127.0.0.1");
      for (const [from, into] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.on("error", () => into.destroy());
        from.on("close", () => into.destroy());
        from.pipe(into);
      }
    });
    this.#port = this.#port === 0 ? await listenSomewhere(server) : await listen(server, this.#port);
    this.#server = server;
  }

  async shut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
    if (server === undefined) return;
    server.close();
    await once(server, "close");
  }

  through(url: string): string {
    const changed = new URL(url);
    changed.host = `127.0.0.1:${this.#port}`;
    return changed.href;
  }
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return port;
}

async function listenSomewhere(server: Server): Promise<number> {
  for (;;) {
    const port = PORTS.from + Math.floor(Math.random() * PORTS.count);
    try {
      return await listen(server, port);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    }
  }
}
