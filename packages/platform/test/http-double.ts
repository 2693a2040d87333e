import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { gunzipSync } from "node:zlib";

/** What a service on loopback was asked. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  /** Unpacked, where it came compressed. */
  readonly body: string;
}

/** What it answers. */
export interface Answered {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A service on loopback that stands in for one that cannot be had here. */
export interface HttpDouble {
  readonly url: string;
  close(): Promise<void>;
}

/** @param answer may throw: the test then sees a 500 with what was wrong. */
export async function httpDouble(
  answer: (asked: Asked) => Answered | Promise<Answered>,
): Promise<HttpDouble> {
  const server: Server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      void (async () => {
        const url = new URL(request.url ?? "/", "http://double");
        try {
          const bytes = Buffer.concat(parts);
          const length = request.headers["content-length"];
          if (length !== undefined && Number(length) !== bytes.length)
            throw new Error("wrong content-length");
          const body = (request.headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes).toString(
            "utf8",
          );
          const {
            status,
            headers = {},
            body: text = "",
          } = await answer({
            method: request.method ?? "",
            path: url.pathname,
            query: url.searchParams,
            headers: request.headers,
            body,
          });
          response.writeHead(status, headers).end(text);
        } catch (error) {
          response.writeHead(500).end(String(error));
        }
      })();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
