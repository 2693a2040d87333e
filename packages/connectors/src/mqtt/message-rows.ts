import { MillraceError, parseJsonExact, type Row } from "@millrace/core";
import type { IPublishPacket } from "mqtt";
import type { SparkplugNodes } from "./sparkplug/sparkplug-nodes.ts";

/** The rows of a message. Fails with MLR_ROW_MALFORMED where it is not what it should be. */
export function messageRows(given: {
  readonly packet: IPublishPacket;
  readonly format: "json" | "text" | "bytes" | "sparkplug";
  /** When it arrived, ms since 1970. */
  readonly at: number;
  readonly nodes: SparkplugNodes;
}): readonly Row[] {
  const { packet, format, at, nodes } = given;
  const bytes = Buffer.from(packet.payload);
  const own = { topic: packet.topic, received_at: Math.round(at * 1_000), retained: packet.retain };
  if (format === "bytes") return [{ ...own, payload: new Uint8Array(bytes) }];
  if (format === "sparkplug") return sparkplugRows(packet.topic, bytes, { nodes, received: own.received_at });
  const text = utf8(bytes);
  return [{ ...own, payload: format === "text" ? text : jsonOf(text) }];
}

function jsonOf(text: string): unknown {
  try {
    return parseJsonExact(text);
  } catch (cause) {
    throw new MillraceError("MLR_ROW_MALFORMED", "the payload is no JSON", {
      hint: 'Choose format: "text" where payloads are plain texts.',
      cause,
    });
  }
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new MillraceError("MLR_ROW_MALFORMED", "the payload is no UTF-8 text", {
      hint: 'Choose format: "bytes".',
      cause,
    });
  }
}

function sparkplugRows(
  topic: string,
  payload: Uint8Array,
  { nodes, received }: { readonly nodes: SparkplugNodes; readonly received: number },
): Row[] {
  try {
    return nodes
      .take(topic, payload)
      .map(({ group, message, node, device, metric, value, time, quality, code }) => ({
        topic,
        group_id: group,
        node,
        device,
        message,
        metric,
        text: typeof value === "string" || typeof value === "bigint" ? String(value) : null,
        quality,
        code: code ?? null,
        value: typeof value === "string" || value === null ? null : Number(value),
        time: time === undefined ? null : Math.round(time * 1_000),
        received_at: received,
      }));
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new MillraceError("MLR_ROW_MALFORMED", `the payload is not of Sparkplug B: ${cause.message}`, {
      hint: "Other payloads need another format.",
      cause,
    });
  }
}
