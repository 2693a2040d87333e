import { STATUS_CODES } from "node:http";
import type { AnswerHeaders } from "../whole-answer.ts";
import type { Outgoing } from "../outgoing.ts";

/** Headers that describe how bytes went over the wire, which is not how they are kept. */
const WIRE = new Set(["transfer-encoding", "connection", "keep-alive"]);
/** Headers whose values are secrets: they are not kept. */
const SECRET = new Set(["authorization", "proxy-authorization", "cookie"]);

/** A request or an answer as HTTP/1.1 has it. */
export interface HttpBlock {
  readonly block: Buffer;
  /** Where the body begins. */
  readonly payloadAt: number;
}

/** The request as it was sent, without credentials and cookies. */
export function requestBlock({ method, url, headers, body }: Outgoing): HttpBlock {
  const lines = [
    `${method} ${url.pathname}${url.search} HTTP/1.1`,
    `host: ${url.host}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${SECRET.has(name) ? "***" : value}`),
  ];
  return joined(lines, bytesOf(body));
}

/** The answer as it came: its body still compressed where it was. */
export function responseBlock(status: number, headers: AnswerHeaders, body: Buffer): HttpBlock {
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unknown"}`];
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || WIRE.has(name)) continue;
    for (const each of Array.isArray(value) ? value : [value]) lines.push(`${name}: ${each}`);
  }
  return joined(lines, body);
}

/** An answer that `responseBlock` wrote, or that another program did. */
export function parseResponseBlock(
  block: Buffer,
): { readonly status: number; readonly headers: AnswerHeaders; readonly body: Buffer } | undefined {
  const end = block.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [first = "", ...lines] = block.toString("latin1", 0, end).split("\r\n");
  const status = /^HTTP\/[\d.]+ (\d{3})/.exec(first)?.[1];
  if (status === undefined) return undefined;
  const headers: Record<string, string | string[]> = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    const known = headers[name];
    headers[name] = known === undefined ? value : [known, value].flat();
  }
  return { status: Number(status), headers, body: block.subarray(end + 4) };
}

/** The body of a request, where it is at hand: streams and forms with files are not kept. */
export function bytesOf(body: Outgoing["body"]): Buffer {
  if (typeof body === "string") return Buffer.from(body, "utf8");
  return body instanceof Uint8Array
    ? Buffer.from(body.buffer, body.byteOffset, body.byteLength)
    : Buffer.alloc(0);
}

function joined(lines: readonly string[], body: Buffer): HttpBlock {
  const head = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  return { block: Buffer.concat([head, body]), payloadAt: head.length };
}
