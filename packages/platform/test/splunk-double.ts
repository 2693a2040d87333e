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
  const answer = (asked: Asked): Answered => {
    requests.push(asked);
    const { headers, path, method, body } = asked;
    if (method !== "POST") return { status: 405 };
    if (headers.authorization === undefined) return said(401, 2, "Token is required");
    if (!/^Splunk /.test(headers.authorization)) return said(401, 3, "Invalid authorization");
    if (headers.authorization !== `Splunk ${SPLUNK_TOKEN}`) return said(403, 4, "Invalid token");
    const instead = behaviour.instead?.(asked);
    if (instead !== undefined) return instead;
    const channel = headers["x-splunk-request-channel"] ?? asked.query.get("channel") ?? undefined;
    if (path === "/services/collector/ack") {
      if (behaviour.acknowledges !== true) return said(400, 14, "ACK is disabled");
      if (typeof channel !== "string" || !UUID.test(channel)) return said(400, 11, "Invalid data channel");
      const { acks } = z.strictObject({ acks: z.array(z.int()) }).parse(JSON.parse(body));
      return {
        status: 200,
        body: JSON.stringify({
          acks: Object.fromEntries(acks.map((id) => [id, behaviour.acknowledged?.(id) ?? true])),
        }),
      };
    }
    if (path !== "/services/collector/event") return { status: 404, body: "not found" };
    if (behaviour.acknowledges === true && channel === undefined)
      return said(400, 10, "Data channel is missing");
    if (body === "") return said(400, 5, "No data");
    const parsed: SplunkEvent[] = [];
    for (const [index, line] of body.split("\n").entries()) {
      const result = event.safeParse(JSON.parse(line));
      if (!result.success)
        return said(400, 6, `Invalid data format: ${result.error.message}`, {
          "invalid-event-number": index,
        });
      parsed.push(result.data);
    }
    events.push(...parsed);
    return said(200, 0, "Success", behaviour.acknowledges === true ? { ackId: nextAck++ } : {});
  };
  return { ...(await httpDouble(answer)), events, requests };
}
