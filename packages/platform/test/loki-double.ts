import { z } from "zod";
import { type Answered, type Asked, httpDouble, type HttpDouble } from "./http-double.ts";

/** The body of POST /loki/api/v1/push as Loki documents it ("Ingest logs"). */
const push = z.strictObject({
  streams: z
    .array(
      z.strictObject({
        stream: z.record(z.string().regex(/^[A-Za-z_]\w*$/), z.string()),
        values: z
          .array(
            z.union([
              z.tuple([z.string().regex(/^\d{19}$/), z.string()]),
              z.tuple([z.string().regex(/^\d{19}$/), z.string(), z.record(z.string(), z.string())]),
            ]),
          )
          .min(1),
      }),
    )
    .min(1),
});

/** A line that Loki has. */
export interface LokiLine {
  readonly labels: Readonly<Record<string, string>>;
  readonly time: bigint;
  readonly line: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface LokiBehaviour {
  /** Answers instead, as long as it gives something. */
  instead?: (asked: Asked) => Answered | undefined;
  /** Oldest line that a stream takes, before its newest: half of max_chunk_age. Default one hour. */
  windowMs?: number;
  /** Oldest line that is taken at all: reject_old_samples_max_age. Default: any. */
  oldestMs?: number;
  maxLineBytes?: number;
  maxLabels?: number;
  tenant?: string;
}

/** A stand-in for Loki that checks the documented shape of requests, and its rules of order. */
export interface LokiDouble extends HttpDouble {
  readonly lines: LokiLine[];
  readonly requests: Asked[];
}

export async function lokiDouble(behaviour: LokiBehaviour = {}): Promise<LokiDouble> {
  const lines: LokiLine[] = [];
  const requests: Asked[] = [];
  const newest = new Map<string, bigint>();
  const windowNs = BigInt(behaviour.windowMs ?? 3_600_000) * 1_000_000n;
  const answer = (asked: Asked): Answered => {
    requests.push(asked);
    if (asked.method !== "POST" || asked.path !== "/loki/api/v1/push")
      return { status: 404, body: "404 page not found" };
    if (behaviour.tenant !== undefined && asked.headers["x-scope-orgid"] !== behaviour.tenant)
      return { status: 401, body: "no org id" };
    if (asked.headers["content-type"] !== "application/json")
      return { status: 400, body: "unsupported content type" };
    const instead = behaviour.instead?.(asked);
    if (instead !== undefined) return instead;
    const parsed = push.safeParse(JSON.parse(asked.body));
    if (!parsed.success) return { status: 400, body: `couldn't parse push request: ${parsed.error.message}` };
    const problems: string[] = [];
    for (const { stream, values } of parsed.data.streams) {
      const key = JSON.stringify(Object.entries(stream).toSorted());
      if (Object.keys(stream).length > (behaviour.maxLabels ?? 15))
        problems.push(`stream has ${Object.keys(stream).length} label names; limit 15`);
      for (const [ns, line, metadata] of values) {
        const time = BigInt(ns);
        const top = newest.get(key) ?? time;
        if (behaviour.oldestMs !== undefined && time < BigInt(behaviour.oldestMs) * 1_000_000n)
          problems.push(`entry for stream '${key}' has timestamp too old: ${ns}`);
        else if (time < top - windowNs)
          problems.push(
            `entry with timestamp ${ns} ignored, reason: 'entry too far behind, entry timestamp is: ${ns}, oldest acceptable timestamp is: ${top - windowNs}'`,
          );
        else if (Buffer.byteLength(line) > (behaviour.maxLineBytes ?? 262_144))
          problems.push(`max entry size ${behaviour.maxLineBytes} bytes exceeded for stream '${key}'`);
        else {
          if (time > top || !newest.has(key)) newest.set(key, time);
          const known = lines.some(
            (other) =>
              other.time === time &&
              JSON.stringify(other.line) === JSON.stringify(JSON.parse(line)) &&
              JSON.stringify(Object.entries(other.labels).toSorted()) === key,
          );
          if (!known)
            lines.push({
              labels: stream,
              time,
              line: JSON.parse(line) as LokiLine["line"],
              ...(metadata === undefined ? {} : { metadata }),
            });
        }
      }
    }
    // What is right is taken, also where something else is not.
    return problems.length === 0 ? { status: 204 } : { status: 400, body: problems.join("\n") };
  };
  return { ...(await httpDouble(answer)), lines, requests };
}
