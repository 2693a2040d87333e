import { MillraceError, type RejectedInput, type Row } from "@millrace/core";
import type { Encoding } from "../../shared/files/detect-encoding.ts";
import { pieceDecoder } from "../../shared/files/text-decoder.ts";
import type { SchemaSet } from "../schema/schema-set.ts";
import type { Content } from "../transport/content.ts";
import { findParts, headerParameter, type Part } from "../transport/multipart.ts";
import type { SoapAnswer } from "../transport/transport.ts";
import type { MessageShape } from "../wsdl/service.ts";
import { EnvelopeParser } from "./envelope-parser.ts";
import type { Fault } from "./fault.ts";
import { plainJson } from "./plain-json.ts";
import type { Decimals } from "./simple-value.ts";
import { xmlEncoding } from "./xml-encoding.ts";

const BATCH_ROWS = 2_000;
const FEW_CHARACTERS = 2_048;
/** Bytes of answer that make a batch even with fewer rows. */
const BATCH_BYTES = 2 * 1024 ** 2;
/** What is kept of the text of a rejected row. */
const MOST_RAW = 1 << 16;

/** How an answer is read. */
export interface AnswerReading {
  readonly shape: MessageShape | undefined;
  readonly schemas: SchemaSet;
  readonly rows: readonly string[] | undefined;
  readonly decimals: Decimals;
  readonly maxLength: number;
  /** The message follows the rules of SOAP's own encoding. */
  readonly encoded: boolean;
}

/** Rows that came together. */
export interface RowsChunk {
  readonly rows: Row[];
  /** 1-based number in the answer of each row. */
  readonly lines: number[];
  readonly rejected: RejectedInput[];
}

/** What an answer says besides rows. */
export type Outcome = { readonly fault: Fault } | { readonly fault: undefined; readonly value: unknown };

/** Reads an answer in pieces: its rows, then what else it says. Fails with MLR_SOURCE_FORMAT or MLR_SOURCE_LIMIT. */
export async function* readAnswer(
  answer: SoapAnswer,
  reading: AnswerReading,
): AsyncGenerator<RowsChunk, Outcome, void> {
  const message = await locateMessage(answer);
  const encoding = encodingOf(answer, message);
  const batch = new Batch();
  const parser = new EnvelopeParser(reading.shape, {
    ...reading,
    where: answer.where,
    attachment: (id) => {
      const bytes = message.attachment(id);
      batch.bytes += bytes?.length ?? 0;
      return bytes;
    },
    onRow: (value, problems) => batch.add(value, problems),
  });
  const decoder = pieceDecoder({ encoding, onInvalid: "error", file: answer.where, offset: message.start });
  // A few characters of a message may stand for attachments of many megabytes.
  const step = message.hasAttachments ? FEW_CHARACTERS : Number.POSITIVE_INFINITY;
  for await (const piece of answer.content.pieces(message.start + encoding.skip, message.end)) {
    const text = decoder.decode(piece);
    for (let at = 0; at < text.length; at += step) {
      const part = text.slice(at, at + step);
      parser.push(part);
      batch.bytes += part.length;
      if (batch.isFull) yield batch.take();
    }
  }
  parser.push(decoder.end());
  const outcome = parser.end();
  if (batch.count > 0) yield batch.take();
  return outcome;
}

/** Rows that wait to be passed on together. */
class Batch {
  /** About how much they take. */
  bytes = 0;
  #chunk: RowsChunk = { rows: [], lines: [], rejected: [] };
  #number = 0;

  get count(): number {
    return this.#chunk.rows.length + this.#chunk.rejected.length;
  }

  get isFull(): boolean {
    return this.count >= BATCH_ROWS || (this.bytes >= BATCH_BYTES && this.count > 0);
  }

  add(value: unknown, problems: readonly string[]): void {
    this.#number++;
    if (problems.length > 0) this.#chunk.rejected.push(rejected(value, problems, this.#number));
    else {
      this.#chunk.rows.push(rowOf(value));
      this.#chunk.lines.push(this.#number);
    }
  }

  take(): RowsChunk {
    const chunk = this.#chunk;
    this.#chunk = { rows: [], lines: [], rejected: [] };
    this.bytes = 0;
    return chunk;
  }
}

function encodingOf({ content, where }: SoapAnswer, { start, end, contentType }: LocatedMessage): Encoding {
  const encoding = xmlEncoding(content.slice(start, Math.min(end, start + 1_024)), contentType);
  if (encoding !== undefined) return encoding;
  throw new MillraceError("MLR_SOURCE_FORMAT", `${where} is in an encoding that is not known`, {
    hint: "It should be UTF-8: tell whoever runs the service.",
  });
}

/** A row has members: one that is a value alone has it as `value`. */
function rowOf(value: unknown): Row {
  return typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array)
    ? (value as Row)
    : { value };
}

function rejected(value: unknown, problems: readonly string[], line: number): RejectedInput {
  return {
    line,
    raw: plainJson(value).slice(0, MOST_RAW),
    code: "MLR_ROW_MALFORMED",
    message: `row ${line} of the answer: ${problems.slice(0, 5).join("; ")}`,
  };
}

interface LocatedMessage {
  readonly start: number;
  readonly end: number;
  readonly contentType: string | undefined;
  readonly hasAttachments: boolean;
  readonly attachment: (id: string) => Uint8Array | undefined;
}

/** The message itself, which may be one part of several. */
async function locateMessage({ content, contentType, where }: SoapAnswer): Promise<LocatedMessage> {
  if (!/^\s*multipart\//i.test(contentType ?? "")) {
    return { start: 0, end: content.size, contentType, hasAttachments: false, attachment: () => undefined };
  }
  const parts = await findParts(content, contentType ?? "", where);
  const start = headerParameter(contentType ?? "", "start");
  const byId = new Map<string, Part>();
  for (const part of parts) {
    const id = part.headers.get("content-id");
    if (id !== undefined) byId.set(contentId(id), part);
  }
  const root = (start === undefined ? undefined : byId.get(contentId(start))) ?? parts[0];
  if (root === undefined) {
    throw new MillraceError("MLR_SOURCE_FORMAT", `${where} has no parts`, {
      hint: "Check the address of the service.",
    });
  }
  return {
    start: root.start,
    end: root.end,
    contentType: root.headers.get("content-type"),
    hasAttachments: parts.length > 1,
    attachment: (reference) => {
      const part = byId.get(reference) ?? byId.get(decoded(reference));
      return part === undefined ? undefined : bytesOf(part, content, where);
    },
  };
}

function bytesOf({ headers, start, end }: Part, content: Content, where: string): Uint8Array {
  const encoding = headers.get("content-transfer-encoding")?.toLowerCase() ?? "binary";
  const bytes = content.slice(start, end);
  if (encoding === "base64") return new Uint8Array(Buffer.from(bytes.toString("latin1"), "base64"));
  if (["binary", "8bit", "7bit"].includes(encoding)) return new Uint8Array(bytes);
  throw new MillraceError(
    "MLR_SOURCE_FORMAT",
    `${where} has an attachment encoded as "${encoding.slice(0, 50)}"`,
    {
      hint: "Known are binary, 8bit, 7bit and base64.",
    },
  );
}

function contentId(text: string): string {
  return text.trim().replace(/^<|>$/g, "");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
