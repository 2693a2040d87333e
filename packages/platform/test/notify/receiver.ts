import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";

/** A request as a receiver got it. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What a receiver answers. */
export interface Answer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How a receiver answers: with an answer, or by doing something else to the connection. */
export type Answerer = (request: ReceivedRequest) => Answer | ((response: ServerResponse) => void);

/** An HTTP server that keeps what it gets. */
export interface Receiver {
  readonly url: string;
  readonly requests: ReceivedRequest[];
  /** Answers otherwise from now on. */
  answer(answerer: Answerer): void;
  close(): Promise<void>;
}

/** A service on loopback. Faults in the request that `check` throws are answered with status 400 and what it said. */
export async function startReceiver(answerer: Answerer): Promise<Receiver> {
  const requests: ReceivedRequest[] = [];
  let current = answerer;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const received: ReceivedRequest = {
        method: request.method ?? "",
        path: request.url ?? "",
        headers: request.headers,
        body: Buffer.concat(chunks).toString("utf8"),
      };
      requests.push(received);
      const answer = answered(current, received);
      if (typeof answer === "function") return answer(response);
      response.writeHead(answer.status, answer.headers).end(answer.body ?? "");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    answer: (next) => void (current = next),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function answered(answerer: Answerer, request: ReceivedRequest): ReturnType<Answerer> {
  try {
    return answerer(request);
  } catch (error) {
    return { status: 400, body: String(error) };
  }
}
