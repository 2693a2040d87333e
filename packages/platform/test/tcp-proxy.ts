import { connect, createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";

/** A proxy in front of a database whose traffic can be held back or cut. */
export interface TcpProxy {
  /** `url` with the proxy's address. */
  through(url: string): string;
  /** From now on nothing passes, in both directions; connections stay open. */
  hold(): void;
  /** Lets pass again what comes from now on. */
  resume(): void;
  /** Ends all connections. */
  cut(): void;
  close(): Promise<void>;
}

export async function startTcpProxy(port: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let held = false;
  const server: Server = createServer((near) => {
    const far = connect({ host: "127.0.0.1", port });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("data", (chunk) => held || to.write(chunk));
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const own = typeof address === "object" && address !== null ? address.port : 0;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    through(url) {
      const changed = new URL(url);
      changed.port = String(own);
      return changed.href;
    },
    hold: () => void (held = true),
    resume: () => void (held = false),
    cut,
    async close() {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}
