import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { askHealth, type HealthCheck } from "./health.ts";
import type { Metrics } from "./metrics.ts";

export interface MetricsServerOptions {
  readonly metrics: Metrics;
  /** What has to be well for this process to do its work, by name. Default: nothing. */
  readonly ready?: Readonly<Record<string, HealthCheck>>;
  /** The port that the settings name: where it is taken, there is no server. Absent: 9464, or the next that is free; 0: none. */
  readonly port?: number | undefined;
  /** Address that it listens on. Default `127.0.0.1`: this machine only. */
  readonly host?: string;
  /** Is told why there is no server, or that it is on another port. */
  readonly warn?: (text: string) => void;
}

/** Answers `/metrics`, `/health/live` and `/health/ready`. */
export interface MetricsServer {
  /** Where it answers, without a path, such as `http://127.0.0.1:9464`. */
  readonly url: string;
  /** Idempotent. */
  close(): Promise<void>;
}

/** The port that OpenTelemetry's exporters for Prometheus use. */
export const METRICS_PORT = 9_464;
/** Ports that are tried where none was named. */
const PORTS = 20;

/** Opens the server; undefined where there is to be none, or none can be opened, which `warn` is told and fails nothing. */
export async function openMetricsServer(options: MetricsServerOptions): Promise<MetricsServer | undefined> {
  const { port, host = "127.0.0.1", warn = () => undefined } = options;
  if (port === 0) return undefined;
  const ports =
    port === undefined ? Array.from({ length: PORTS }, (_, index) => METRICS_PORT + index) : [port];
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
    void answer(options, request, response);
  });
  server.maxConnections = 64;
  server.keepAliveTimeout = 5_000;
  // Not part of what keeps the process alive.
  server.unref();
  const failures: string[] = [];
  for (const each of ports) {
    const failure = await listen(server, each, host);
    if (failure === undefined) {
      const opened = opener(server, host);
      if (each !== ports[0]) warn(`Port ${ports[0]} is taken; metrics are at ${opened.url}/metrics`);
      return opened;
    }
    failures.push(failure);
    if (failure !== "EADDRINUSE") break;
  }
  const where = ports.length === 1 ? `port ${ports[0]}` : `any port from ${ports[0]} to ${ports.at(-1)}`;
  const why = failures.at(-1) === "EADDRINUSE" ? "it is taken" : String(failures.at(-1));
  warn(
    `There are no metrics: ${host} does not let it listen on ${where} (${why}). Set MILLRACE_METRICS_PORT to a free port, or to 0 for none.`,
  );
  return undefined;
}

/** The error's code where it cannot. */
function listen(server: Server, port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException): void => resolve(error.code ?? error.message);
    server.once("error", failed);
    server.listen({ port, host, exclusive: true }, () => {
      server.off("error", failed);
      server.on("error", () => undefined);
      resolve(undefined);
    });
  });
}

function opener(server: Server, host: string): MetricsServer {
  const { port } = server.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    close: () =>
      (closing ??= new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      })),
  };
}

async function answer(
  { metrics, ready = {} }: MetricsServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [path] = (request.url ?? "/").split("?");
  try {
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD");
      return send(response, 405, "text/plain; charset=utf-8", "Use GET.\n");
    }
    if (path === "/metrics") return send(response, 200, metrics.contentType, await metrics.text());
    if (path === "/health/live") return send(response, 200, JSON_TYPE, `{"ok":true}\n`);
    if (path === "/health/ready") {
      const health = await askHealth(ready);
      return send(response, health.ok ? 200 : 503, JSON_TYPE, `${JSON.stringify(health)}\n`);
    }
    send(response, 404, "text/plain; charset=utf-8", "There are /metrics, /health/live and /health/ready.\n");
  } catch {
    if (!response.headersSent) send(response, 500, "text/plain; charset=utf-8", "It failed.\n");
    else response.destroy();
  }
}

const JSON_TYPE = "application/json; charset=utf-8";

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  // Node leaves the body out of an answer to HEAD.
  response.end(body);
}
