import { z } from "zod";
import { type Answered, type Asked, httpDouble, type HttpDouble } from "./http-double.ts";

/** An event as Splunk documents it: "Format events for HTTP Event Collector". */
const event = z.strictObject({
  time: z.number().positive(),
  host: z.string().min(1),
  source: z.string().min(1),
  sourcetype: z.string().min(1),
  index: z.string().min(1).optional(),
  event: z.record(z.string(), z.json()),
  // Indexed fields are flat: "the fields key … must be a flat list, nested fields are not supported".
  fields: z.record(z.string(), z.string()),
});

export type SplunkEvent = z.output<typeof event>;

/** How the double behaves. */
export interface SplunkBehaviour {
  /** The token has indexer acknowledgement switched on. */
  acknowledges?: boolean;
  /** Answers instead, as long as it gives something. */
  instead?: (asked: Asked) => Answered | undefined;
  /** Whether the batch of that id is acknowledged yet. Default: yes. */
  acknowledged?: (id: number) => boolean;
}

/** A stand-in for Splunk's HTTP event collector that checks the documented shape of requests. */
export interface SplunkDouble extends HttpDouble {
  readonly events: SplunkEvent[];
  readonly requests: Asked[];
}

export const SPLUNK_TOKEN = "11111111-2222-3333-4444-555555555555";

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

const said = (status: number, code: number, text: string, more: object = {}): Answered => ({
  status,
  body: JSON.stringify({ text, code, ...more }),
});

export async function splunkDouble(behaviour: SplunkBehaviour = {}): Promise<SplunkDouble> {
  const events: SplunkEvent[] = [];
  const requests: Asked[] = [];
  let nextAck = 0;
  const collect = (asked: Asked): Answered => {
    if (behaviour.acknowledges === true && channelOf(asked) === undefined)
      return said(400, 10, "Data channel is missing");
    const parsed = parseEvents(asked.body);
    if ("status" in parsed) return parsed;
    events.push(...parsed);
    return said(200, 0, "Success", behaviour.acknowledges === true ? { ackId: nextAck++ } : {});
  };
  const answer = (asked: Asked): Answered => {
    requests.push(asked);
    if (asked.method !== "POST") return { status: 405 };
    const denied = denial(asked) ?? behaviour.instead?.(asked);
    if (denied !== undefined) return denied;
    if (asked.path === "/services/collector/ack") return acknowledge(asked, behaviour);
    return asked.path === "/services/collector/event" ? collect(asked) : { status: 404, body: "not found" };
  };
  return { ...(await httpDouble(answer)), events, requests };
}

function denial({ headers: { authorization } }: Asked): Answered | undefined {
  if (authorization === undefined) return said(401, 2, "Token is required");
  if (!authorization.startsWith("Splunk ")) return said(401, 3, "Invalid authorization");
  return authorization === `Splunk ${SPLUNK_TOKEN}` ? undefined : said(403, 4, "Invalid token");
}

function channelOf({ headers, query }: Asked): string | undefined {
  const header = headers["x-splunk-request-channel"];
  return (typeof header === "string" ? header : undefined) ?? query.get("channel") ?? undefined;
}

function acknowledge(asked: Asked, behaviour: SplunkBehaviour): Answered {
  if (behaviour.acknowledges !== true) return said(400, 14, "ACK is disabled");
  if (!UUID.test(channelOf(asked) ?? "")) return said(400, 11, "Invalid data channel");
  const { acks } = z.strictObject({ acks: z.array(z.int()) }).parse(JSON.parse(asked.body));
  const states = acks.map((id) => [id, behaviour.acknowledged?.(id) ?? true]);
  return { status: 200, body: JSON.stringify({ acks: Object.fromEntries(states) as unknown }) };
}

function parseEvents(body: string): SplunkEvent[] | Answered {
  if (body === "") return said(400, 5, "No data");
  const parsed: SplunkEvent[] = [];
  for (const [index, line] of body.split("\n").entries()) {
    const result = event.safeParse(JSON.parse(line));
    if (!result.success)
      return said(400, 6, `Invalid data format: ${result.error.message}`, { "invalid-event-number": index });
    parsed.push(result.data);
  }
  return parsed;
}
