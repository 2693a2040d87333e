import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { METRICS_REQUEST, TRACES } from "./otlp-schema.ts";
import { decode, type Message } from "./protobuf.ts";

/** A span as it arrived. */
export interface ArrivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  /** 1 internal, 3 client, 5 consumer. */
  readonly kind: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly events: readonly {
    readonly name: string;
    readonly attributes: Readonly<Record<string, unknown>>;
  }[];
  /** 2: failed. */
  readonly status: number;
  readonly message: string;
  readonly resource: Readonly<Record<string, unknown>>;
}

/** A metric as it arrived. */
export interface ArrivedMetric {
  readonly name: string;
  readonly unit: string;
  readonly kind: "gauge" | "sum" | "histogram";
  readonly points: readonly Message[];
}

/** A collector that takes OTLP over HTTP with protobuf, and fails tests where something is not as published. */
export interface OtlpDouble {
  readonly url: string;
  readonly spans: readonly ArrivedSpan[];
  readonly metrics: readonly ArrivedMetric[];
  readonly headers: readonly IncomingHttpHeaders[];
  /** What was wrong with requests. */
  readonly problems: readonly string[];
  /** Answers with this status from now on; `hang` never answers. Default 200. */
  answer(status: number | "hang"): void;
  close(): Promise<void>;
}

export async function otlpDouble(): Promise<OtlpDouble> {
  const spans: ArrivedSpan[] = [];
  const metrics: ArrivedMetric[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const problems: string[] = [];
  let status: number | "hang" = 200;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      headers.push(request.headers);
      if (status === "hang") return;
      try {
        if (request.method !== "POST") throw new Error(`method ${request.method}`);
        if (request.headers["content-type"] !== "application/x-protobuf") throw new Error("not protobuf");
        const body = Buffer.concat(chunks);
        if (status === 200 && request.url === "/v1/traces") spans.push(...spansOf(decode(body, TRACES)));
        else if (status === 200 && request.url === "/v1/metrics")
          metrics.push(...metricsOf(decode(body, METRICS_REQUEST)));
        else if (status === 200) throw new Error(`nothing is at ${request.url}`);
      } catch (error) {
        problems.push(String(error));
      }
      response.writeHead(status, { "content-type": "application/x-protobuf" });
      response.end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    metrics,
    headers,
    problems,
    answer: (next) => (status = next),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

type Values = readonly { readonly key: string; readonly value: Message }[];

function attributesOf(values: unknown): Record<string, string | number | boolean> {
  return Object.fromEntries(
    ((values ?? []) as Values).map(({ key, value }) => {
      const [each, ...more] = Object.values(value);
      if (more.length > 0) throw new Error(`${key} has two values`);
      return [key, typeof each === "bigint" ? Number(each) : (each as string)];
    }),
  );
}

function each(list: unknown): readonly Message[] {
  return (list ?? []) as readonly Message[];
}

function spansOf(request: Message): ArrivedSpan[] {
  return each(request["resourceSpans"]).flatMap((outer) => {
    const resource = attributesOf((outer["resource"] as Message)["attributes"]);
    return each(outer["scopeSpans"]).flatMap((scope) =>
      each(scope["spans"]).map((span) => spanOf(span, resource)),
    );
  });
}

function spanOf(span: Message, resource: ArrivedSpan["resource"]): ArrivedSpan {
  const traceId = String(span["traceId"]);
  const spanId = String(span["spanId"]);
  const parentSpanId = String(span["parentSpanId"] ?? "");
  if (!/^(?!0{32})[0-9a-f]{32}$/.test(traceId) || !/^(?!0{16})[0-9a-f]{16}$/.test(spanId))
    throw new Error("bad ids");
  if (!/^([0-9a-f]{16})?$/.test(parentSpanId)) throw new Error("bad parent");
  const start = span["startTimeUnixNano"] as bigint;
  const end = span["endTimeUnixNano"] as bigint;
  if (start === 0n || end < start) throw new Error(`${String(span["name"])} ends before it begins`);
  const status = (span["status"] ?? {}) as Message;
  return {
    traceId,
    spanId,
    parentSpanId,
    name: String(span["name"]),
    kind: Number(span["kind"]),
    start,
    end,
    attributes: attributesOf(span["attributes"]),
    events: each(span["events"]).map((event) => ({
      name: String(event["name"]),
      attributes: attributesOf(event["attributes"]),
    })),
    status: Number(status["code"] ?? 0),
    message: String(status["message"] ?? ""),
    resource,
  };
}

function metricsOf(request: Message): ArrivedMetric[] {
  return each(request["resourceMetrics"]).flatMap((outer) =>
    each(outer["scopeMetrics"]).flatMap((scope) =>
      each(scope["metrics"]).map((metric) => {
        const kind = (["gauge", "sum", "histogram"] as const).find((name) => name in metric);
        if (kind === undefined) throw new Error(`${String(metric["name"])} has no data`);
        const data = metric[kind] as Message;
        if (kind !== "gauge" && data["aggregationTemporality"] !== 2) throw new Error("not cumulative");
        return {
          name: String(metric["name"]),
          unit: String(metric["unit"]),
          kind,
          points: each(data["dataPoints"]).map((point) => ({
            ...point,
            attributes: attributesOf(point["attributes"]),
          })),
        };
      }),
    ),
  );
}
