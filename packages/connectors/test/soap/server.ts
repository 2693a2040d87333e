import { readFile } from "node:fs/promises";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { listen } from "soap";

/** The description that the servers here follow. */
export const ORDERS_WSDL = fileURLToPath(new URL("orders.wsdl", import.meta.url));

/** A request as it came. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A server on this machine. */
export interface SoapServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly received: Received[];
  close(): Promise<void>;
}

/** What operations do: name → input to answer. */
export type Operations = Readonly<Record<string, (input: Record<string, unknown>) => unknown>>;

/** Answers everything with what `answer` writes. */
export async function plainServer(
  answer: (received: Received, response: ServerResponse) => void | Promise<void>,
): Promise<SoapServer> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then(async (body) => {
      const one = { method: request.method ?? "", path: request.url ?? "", headers: request.headers, body };
      received.push(one);
      await answer(one, response);
    });
  });
  return listening(server, received);
}

/** A real SOAP server (the npm package `soap`) for `orders.wsdl` at `/orders`, with its description at `/orders?wsdl`. */
export async function ordersServer(
  operations: Operations,
  authenticate?: (security: Record<string, unknown>) => boolean,
): Promise<SoapServer> {
  const received: Received[] = [];
  const server = createServer((_request, response) => {
    response.statusCode = 404;
    response.end();
  });
  const started = await listening(server, received);
  const xml = await readFile(ORDERS_WSDL, "utf8");
  await new Promise<void>((resolve, reject) => {
    const soapServer = listen(server, {
      path: "/orders",
      services: { Orders: { Orders: { ...operations } } },
      xml,
      uri: path.join(path.dirname(ORDERS_WSDL), "orders.wsdl"),
      callback: (error: unknown) => (error === null || error === undefined ? resolve() : reject(error)),
    });
    if (authenticate !== undefined) soapServer.authenticate = authenticate;
  });
  // The SOAP server has taken the place of the listeners before.
  server.prependListener("request", (request) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () =>
      received.push({
        method: request.method ?? "",
        path: request.url ?? "",
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      }),
    );
  });
  return started;
}

async function listening(server: Server, received: Received[]): Promise<SoapServer> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
