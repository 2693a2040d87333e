import { createHash, randomUUID } from "node:crypto";
import { MillraceError } from "@millrace/core";

/** A record of a WARC file (ISO 28500, WARC 1.1). */
export interface WarcRecord {
  /** By lower-case name. */
  readonly fields: ReadonlyMap<string, string>;
  readonly block: Buffer;
}

/** What a record is made of. */
export interface NewRecord {
  readonly type: "warcinfo" | "request" | "response";
  readonly id: string;
  /** ISO 8601. */
  readonly date: string;
  /** The address. Absent for `warcinfo`. */
  readonly target?: string;
  readonly contentType: string;
  readonly block: Buffer;
  /** Where in the block the body begins; given for records of HTTP. */
  readonly payloadAt?: number;
  /** Further fields. */
  readonly fields?: Readonly<Record<string, string>>;
}

const VERSION = "WARC/1.1";
const END = Buffer.from("\r\n\r\n");

/** A new name for a record. */
export function newRecordId(): string {
  return `<urn:uuid:${randomUUID()}>`;
}

/** `sha256:<hex>` of bytes, as fields have it. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** The bytes of a record, not compressed. */
export function formatRecord(record: NewRecord): Buffer {
  const { type, id, date, target, contentType, block, payloadAt, fields = {} } = record;
  const lines = [
    VERSION,
    `WARC-Type: ${type}`,
    `WARC-Record-ID: ${id}`,
    `WARC-Date: ${date}`,
    ...(target === undefined ? [] : [`WARC-Target-URI: ${target}`]),
    ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`),
    `WARC-Block-Digest: ${digestOf(block)}`,
    ...(payloadAt === undefined ? [] : [`WARC-Payload-Digest: ${digestOf(block.subarray(payloadAt))}`]),
    `Content-Type: ${contentType}`,
    `Content-Length: ${block.length}`,
  ];
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "utf8"), block, END]);
}

/** Reads a record that was formatted so, and verifies its digest. Fails with MLR_SOURCE_FORMAT where it is damaged. */
export function parseRecord(bytes: Buffer, where: string): WarcRecord {
  const end = bytes.indexOf("\r\n\r\n");
  const [version = "", ...lines] = end < 0 ? [] : bytes.toString("utf8", 0, end).split("\r\n");
  if (!/^WARC\/1\.[01]$/.test(version)) throw damaged(where, "it does not begin as a record does");
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    fields.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  const length = Number(fields.get("content-length"));
  const block = bytes.subarray(end + 4, end + 4 + length);
  if (!(length >= 0) || block.length !== length) throw damaged(where, "it is shorter than it says");
  const digest = fields.get("warc-block-digest");
  if (digest?.startsWith("sha256:") === true && digest !== digestOf(block))
    throw damaged(where, "its content is not what its digest says");
  return { fields, block };
}

/** A record, or what is around it, is not what was written. */
export function damaged(where: string, what: string): MillraceError {
  return new MillraceError("MLR_SOURCE_FORMAT", `${where} is damaged: ${what}`, {
    hint: "Fetch these pages again, or restore the file from a copy.",
  });
}
