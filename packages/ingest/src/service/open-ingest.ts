import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import {
  createSecureServer,
  createServer as createPlainHttp2,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from "node:http2";
import type { Server as NetServer, Socket } from "node:net";
import { type Clock, type Environment, type RunEvent, systemClock, type TableTarget } from "@millrace/core";
import type { ControlStore, Logger } from "@millrace/platform";
import type { Metrics } from "@millrace/platform/metrics";
import { PUSH_LIMITS, type PushLimits } from "../door/push-limits.ts";
import type { ReadParquetBody } from "../door/read-parquet-body.ts";
import { answerRest, type RestOptions } from "../door/rest.ts";
import type { LandingLimits } from "../landing/stream-landing.ts";
import { PushQueue } from "../queue/push-queue.ts";
import { QueueRoom } from "../queue/queue-room.ts";
import { IngestHealth } from "./ingest-health.ts";
import { LANDING_LIMITS } from "./landing-limits.ts";
import { listen } from "./listen.ts";
import { PushTokens } from "./push-tokens.ts";
import { runPushed } from "./run-pushed.ts";
import { Streams } from "./streams.ts";
import { readTls, type TlsFiles } from "./tls.ts";
import { TokenRates } from "./token-rates.ts";

/** What an ingestion service is opened with. */
export interface OpenIngest {
  readonly control: ControlStore;
  /** What destinations may ask for. */
  readonly environment: Environment;
  /** Makes the destination of a kind from its options. */
  readonly target: (kind: string, options: unknown) => TableTarget;
  readonly logger: Logger;
  /** Reads Parquet files that are pushed. Default: none are taken. */
  readonly parquet?: ReadParquetBody;
  /** Default `127.0.0.1`: this machine only. */
  readonly host?: string | undefined;
  /** Default 8090, or the next that is free. */
  readonly port?: number | undefined;
  /** For gRPC without TLS; with it, gRPC has the same port as everything else. 0: none. Default 8091, or the next that is free. */
  readonly grpcPort?: number | undefined;
  /** Default: no TLS. */
  readonly tls?: TlsFiles | undefined;
  /** Milliseconds after which a run that has stopped to answer may be replaced. Default 15,000. */
  readonly leaseMs?: number;
  readonly limits?: Partial<PushLimits>;
  readonly landing?: Partial<LandingLimits>;
  /** `queued`: rows are kept durably while their destination is away. Default `committed`: they are refused. */
  readonly accept?: "committed" | "queued";
  /** Is told every event of the runs. Default: nobody. */
  readonly observe?: (pipeline: string, event: RunEvent) => void;
  /** Is told of requests and of what waits. Default: nobody. */
  readonly metrics?: Metrics;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** An ingestion service that listens. */
export interface OpenedIngest {
  /** Where REST, Connect and gRPC-Web answer, and with TLS gRPC as well. */
  readonly url: string;
  /** Where gRPC answers. */
  readonly grpcUrl: string | undefined;
  /** Takes nothing more, answers what it has, and lands it. Idempotent. */
  close(): Promise<void>;
}

/** Connections at the same time. */
const CONNECTIONS = 4_000;
/** Milliseconds that open requests have to end when the service does. */
const DRAIN_MS = 20_000;

/** Milliseconds without a commit after which rows are kept for later. */
const QUEUE_AFTER_MS = 5_000;
const DRAIN_EVERY_MS = 5_000;

type Answerer = (request: IncomingMessage, response: ServerResponse) => void;

/** Opens the service. Fails with MLR_SETTINGS_INVALID where it cannot listen. */
export async function openIngest(options: OpenIngest): Promise<OpenedIngest> {
  const { control, environment, target, logger, clock = systemClock, host = "127.0.0.1" } = options;
  const limits = { ...PUSH_LIMITS, ...options.limits };
  const run = runPushed({
    ...{ control, environment, logger },
    leaseMs: options.leaseMs ?? 15_000,
    observe: options.observe,
  });
  const landing = { ...LANDING_LIMITS, ...options.landing };
  const queue = options.accept === "queued" ? new PushQueue(control.pool) : undefined;
  const streams = new Streams({
    pool: control.pool,
    limits: queue === undefined ? landing : { ...landing, waitMs: Math.min(landing.waitMs, QUEUE_AFTER_MS) },
    queue: queue && { table: queue, room: new QueueRoom(queue, limits.queueBytes) },
    ...{ environment, target, run, logger, clock },
  });
  let ending = false;
  const rest: RestOptions = {
    ...{ streams, limits, clock, parquet: options.parquet },
    tokens: new PushTokens(control.pool, clock),
    rates: new TokenRates(limits.rowsPerSecond, clock),
    onError: (error) => logger.error({ error }, "A push failed"),
    ending: () => ending,
  };
  const health = new IngestHealth(streams, () => ending);
  const { rpcHandler } = await import("../rpc/rpc-handler.ts");
  const rpc = rpcHandler(rest);
  const { metrics } = options;
  const untell = metrics?.onCollect(() => tellStreams(metrics, streams));
  const answer: Answerer = (request, response) => {
    if (metrics !== undefined)
      response.once("finish", () =>
        metrics.add("millrace_ingest_requests_total", { status: String(response.statusCode) }),
      );
    const path = request.url ?? "/";
    if (path.startsWith("/millrace.ingest.v1.")) rpc(request, response);
    else if (path.startsWith("/health/")) void health.answer(path, response);
    else void answerRest(request, response, rest);
  };
  const servers = await openServers(options, host, answer);
  const draining = queue && setInterval(() => void streams.drain(), DRAIN_EVERY_MS);
  draining?.unref();
  if (queue !== undefined) void streams.drain();
  let closed: Promise<void> | undefined;
  return {
    url: servers.url,
    grpcUrl: servers.grpcUrl,
    close: () =>
      (closed ??= (async () => {
        ending = true;
        clearInterval(draining);
        untell?.();
        const ended = servers.close();
        await streams.close();
        await ended;
      })()),
  };
}

function tellStreams(metrics: Metrics, streams: Streams): void {
  for (const { definition, landing } of streams.open) {
    const { rows, trouble } = landing.state;
    metrics.set("millrace_ingest_waiting_rows", rows, { pipeline: definition.name });
    metrics.set("millrace_ingest_down", trouble === undefined ? 0 : 1, { pipeline: definition.name });
  }
}

interface Servers {
  readonly url: string;
  readonly grpcUrl: string | undefined;
  close(): Promise<void>;
}

async function openServers(options: OpenIngest, host: string, answer: Answerer): Promise<Servers> {
  const name = host.includes(":") ? `[${host}]` : host;
  if (options.tls !== undefined) {
    const server = createSecureServer({ ...(await readTls(options.tls)), allowHTTP1: true }, both(answer));
    const port = await listen(server, { host, port: options.port, from: 8090 });
    const url = `https://${name}:${port}`;
    return { url, grpcUrl: url, close: closer([server]) };
  }
  const main = createServer({ requestTimeout: 0, headersTimeout: 10_000, keepAliveTimeout: 65_000 }, answer);
  const port = await listen(main, { host, port: options.port, from: 8090 });
  const url = `http://${name}:${port}`;
  if (options.grpcPort === 0) return { url, grpcUrl: undefined, close: closer([main]) };
  const grpc = createPlainHttp2(both(answer));
  try {
    const grpcPort = await listen(grpc, { host, port: options.grpcPort, from: Math.max(8091, port + 1) });
    return { url, grpcUrl: `http://${name}:${grpcPort}`, close: closer([main, grpc]) };
  } catch (error) {
    main.close();
    throw error;
  }
}

/** The requests of HTTP/2 have the form of those of HTTP/1, as far as they are used here. */
function both(answer: Answerer): (request: Http2ServerRequest, response: Http2ServerResponse) => void {
  return (request, response) =>
    answer(request as unknown as IncomingMessage, response as unknown as ServerResponse);
}

/** Ends servers: connections that do nothing at once, others when they are answered, and all of them after a while. */
function closer(servers: readonly (Server | Http2Server)[]): () => Promise<void> {
  const sockets = new Set<Socket>();
  for (const server of servers as readonly NetServer[]) {
    server.maxConnections = CONNECTIONS;
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
    });
    server.on("session", (session: { close(): void }) => sessions.add(session));
  }
  const sessions = new Set<{ close(): void }>();
  return async () => {
    const ended = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    for (const server of servers) if ("closeIdleConnections" in server) server.closeIdleConnections();
    for (const session of sessions) session.close();
    const late = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, DRAIN_MS);
    await Promise.all(ended);
    clearTimeout(late);
  };
}
