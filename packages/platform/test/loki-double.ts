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
  tenant?: string;
}

/** A stand-in for Loki that checks the documented shape of requests, and its rules of order. */
export interface LokiDouble extends HttpDouble {
  readonly lines: LokiLine[];
  readonly requests: Asked[];
}

export async function lokiDouble(behaviour: LokiBehaviour = {}): Promise<LokiDouble> {
  const store = new Store(behaviour);
  const requests: Asked[] = [];
  const answer = (asked: Asked): Answered => {
    requests.push(asked);
    const wrong = malformed(asked, behaviour) ?? behaviour.instead?.(asked);
    if (wrong !== undefined) return wrong;
    const parsed = push.safeParse(JSON.parse(asked.body));
    if (!parsed.success) return { status: 400, body: `couldn't parse push request: ${parsed.error.message}` };
    // What is right is taken, also where something else is not.
    const problems = parsed.data.streams.flatMap(({ stream, values }) =>
      values.flatMap((value) => store.take(stream, value) ?? []),
    );
    return problems.length === 0 ? { status: 204 } : { status: 400, body: problems.join("\n") };
  };
  return { ...(await httpDouble(answer)), lines: store.lines, requests };
}

function malformed({ method, path, headers }: Asked, { tenant }: LokiBehaviour): Answered | undefined {
  if (method !== "POST" || path !== "/loki/api/v1/push") return { status: 404, body: "404 page not found" };
  if (tenant !== undefined && headers["x-scope-orgid"] !== tenant) return { status: 401, body: "no org id" };
  if (headers["content-type"] !== "application/json")
    return { status: 400, body: "unsupported content type" };
  return undefined;
}

type Value = z.output<typeof push>["streams"][number]["values"][number];

/** Keeps lines by Loki's rules of order and size. */
class Store {
  readonly lines: LokiLine[] = [];
  readonly #behaviour: LokiBehaviour;
  readonly #newest = new Map<string, bigint>();
  readonly #known = new Set<string>();

  constructor(behaviour: LokiBehaviour) {
    this.#behaviour = behaviour;
  }

  /** Gives what is wrong with the line; undefined where it is taken. */
  take(labels: Readonly<Record<string, string>>, [ns, line, metadata]: Value): string | undefined {
    const names = Object.keys(labels).toSorted((a, b) => (a < b ? -1 : 1));
    const key = names.map((name) => `${name}=${labels[name]}`).join(",");
    const time = BigInt(ns);
    const top = this.#newest.get(key);
    const problem =
      names.length > 15 ? `stream has ${names.length} label names; limit 15` : this.#problem(time, top, line);
    if (problem !== undefined) return `${problem} for stream {${key}}`;
    if (top === undefined || time > top) this.#newest.set(key, time);
    // The same line of the same time is stored once.
    const whole = `${key} ${ns} ${line}`;
    if (this.#known.has(whole)) return undefined;
    this.#known.add(whole);
    const parsed = JSON.parse(line) as LokiLine["line"];
    this.lines.push({ labels, time, line: parsed, ...(metadata === undefined ? {} : { metadata }) });
    return undefined;
  }

  #problem(time: bigint, top: bigint | undefined, line: string): string | undefined {
    const { windowMs = 3_600_000, oldestMs = 0, maxLineBytes = 262_144 } = this.#behaviour;
    const oldest = (top ?? time) - BigInt(windowMs) * 1_000_000n;
    if (time < BigInt(oldestMs) * 1_000_000n) return `entry has timestamp too old: ${time}`;
    if (time < oldest)
      return `entry with timestamp ${time} ignored, reason: 'entry too far behind, entry timestamp is: ${time}, oldest acceptable timestamp is: ${oldest}'`;
    return Buffer.byteLength(line) > maxLineBytes
      ? `max entry size ${maxLineBytes} bytes exceeded`
      : undefined;
  }
}
