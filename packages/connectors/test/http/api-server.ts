import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as the server got it. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  /** The path with the query. */
  readonly target: string;
}

/** What a route answers: a document, or all of it. */
export type Reply =
  | {
      readonly json: unknown;
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string | string[]>>;
    }
  | {
      readonly body: string | Buffer;
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string | string[]>>;
    }
  /** Writes the answer itself. */
  | { readonly raw: (response: ServerResponse) => void };

/** Answers requests to one path. */
export type Route = (request: Received) => Reply | Promise<Reply>;

/** A server on this machine that plays an API. */
export interface ApiServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** All requests so far. */
  readonly received: Received[];
  /** Routes by path; `/x/*` takes all paths that begin so. May be changed at any time. */
  readonly routes: Record<string, Route>;
  close(): Promise<void>;
}

/** Starts a server on a port that is free. */
export async function apiServer(routes: Record<string, Route> = {}): Promise<ApiServer> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void answer(request, response, { received, routes });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    routes,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { received, routes }: { received: Received[]; routes: Record<string, Route> },
): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const url = new URL(request.url ?? "/", "http://server");
  const got: Received = {
    method: request.method ?? "",
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    body: Buffer.concat(pieces).toString("utf8"),
    target: request.url ?? "",
  };
  received.push(got);
  const wild = Object.keys(routes).find(
    (each) => each.endsWith("/*") && got.path.startsWith(each.slice(0, -1)),
  );
  const route = routes[got.path] ?? (wild === undefined ? undefined : routes[wild]);
  const reply: Reply =
    route === undefined ? { status: 404, json: { message: "Not Found" } } : await route(got);
  if ("raw" in reply) return reply.raw(response);
  const { status = 200, headers = {} } = reply;
  const body = "json" in reply ? JSON.stringify(reply.json) : reply.body;
  response.writeHead(status, {
    ...("json" in reply ? { "content-type": "application/json" } : {}),
    ...headers,
  });
  response.end(got.method === "HEAD" ? undefined : body);
}
