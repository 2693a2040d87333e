import { createHash } from "node:crypto";
import { connect, createServer } from "node:net";

const FIRST = 54_320;
const SPAN = 400;

/** The port that a folder's server asks for first: different folders get different ones, so that projects can run side by side. */
export function preferredPort(directory: string): number {
  const hash = createHash("sha256").update(directory).digest();
  return FIRST + (hash.readUInt16BE(0) % SPAN);
}

/** `first` if nobody listens on it, else the next free one above it, else any. */
export async function freePort(first: number): Promise<number> {
  for (let port = first; port < first + 40 && port < 65_536; port++) {
    if (!(await answers(port)) && (await listen(port)) !== undefined) return port;
  }
  return (await listen(0)) ?? first;
}

/** Some systems let a second program listen beside one that listens on all addresses: ask by connecting as well. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, timeout: 1000 });
    const done = (taken: boolean): void => {
      socket.destroy();
      resolve(taken);
    };
    socket.once("connect", () => done(true));
    socket.once("timeout", () => done(true));
    socket.once("error", () => done(false));
  });
}

function listen(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? address?.port : undefined));
    });
  });
}
