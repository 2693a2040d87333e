import { Reader } from "./bytes.ts";
import { readType, readValue, type WireType } from "./wire-type.ts";
import { showValue } from "./wire-value.ts";

/** A value as it came, with the text that SQL Server would show of it. */
export interface SentValue {
  readonly type: string;
  readonly value: string | null;
  /** Hex of the bytes without their length; null for NULL. */
  readonly bytes: string | null;
}

/** What a client asked for. */
export type TdsRequest =
  | { readonly kind: "batch"; readonly text: string; readonly reset: boolean }
  | {
      readonly kind: "call";
      readonly text: string;
      readonly declarations: string;
      readonly values: Readonly<Record<string, SentValue>>;
      readonly reset: boolean;
    }
  | {
      readonly kind: "bulk";
      readonly columns: readonly { readonly name: string; readonly type: string }[];
      readonly rows: readonly (readonly SentValue[])[];
      readonly bytes: Buffer;
    }
  | {
      readonly kind: "transaction";
      readonly action: "begin" | "commit" | "rollback";
      /** As MS-TDS numbers it: 2 READ COMMITTED, 5 SNAPSHOT. */
      readonly isolation?: number;
    };

/** What LOGIN7 says. */
export interface Login {
  readonly user: string;
  readonly password: string;
  readonly application: string;
  readonly server: string;
  readonly database: string;
}

export function readLogin(bytes: Buffer): Login {
  if (bytes.readUInt32LE(0) !== bytes.length) throw new Error("LOGIN7 tells another length than it has");
  const at = (offset: number): Buffer => {
    const start = bytes.readUInt16LE(offset);
    return bytes.subarray(start, start + bytes.readUInt16LE(offset + 2) * 2);
  };
  const password = Buffer.from(at(44)).map((byte) => {
    const mixed = byte ^ 0xa5;
    return ((mixed & 0x0f) << 4) | (mixed >> 4);
  });
  return {
    user: at(40).toString("utf16le"),
    password: Buffer.from(password).toString("utf16le"),
    application: at(48).toString("utf16le"),
    server: at(52).toString("utf16le"),
    database: at(68).toString("utf16le"),
  };
}

/** Skips the headers before a request (MS-TDS 2.2.5.3), and checks the one of the transaction. */
function skipHeaders(reader: Reader): void {
  const total = reader.u32();
  if (total !== 22 || reader.u32() !== 18 || reader.u16() !== 2) throw new Error("no transaction header");
  reader.take(8);
  reader.u32();
}

export function readBatch(bytes: Buffer, reset: boolean): TdsRequest {
  const reader = new Reader(bytes);
  skipHeaders(reader);
  return { kind: "batch", text: reader.take(reader.left).toString("utf16le"), reset };
}

export function readTransaction(bytes: Buffer): TdsRequest {
  const reader = new Reader(bytes);
  skipHeaders(reader);
  const type = reader.u16();
  const action = ({ 5: "begin", 7: "commit", 8: "rollback" } as const)[type];
  if (action === undefined) throw new Error(`transaction request ${type}`);
  return { kind: "transaction", action, ...(action === "begin" ? { isolation: reader.u8() } : {}) };
}

/** `sp_executesql` alone. */
export function readCall(bytes: Buffer, reset: boolean): TdsRequest {
  const reader = new Reader(bytes);
  skipHeaders(reader);
  if (reader.u16() !== 0xffff || reader.u16() !== 10) throw new Error("a procedure other than sp_executesql");
  reader.u16();
  const values: Record<string, SentValue> = {};
  while (reader.left > 0) {
    const name = reader.shortText();
    if (reader.u8() !== 0) throw new Error(`${name} is to be given back`);
    values[name] = sent(reader, readType(reader));
  }
  const { "@statement": statement, "@params": declarations, ...others } = values;
  return {
    kind: "call",
    text: statement?.value ?? "",
    declarations: declarations?.value ?? "",
    values: others,
    reset,
  };
}

function sent(reader: Reader, type: WireType): SentValue {
  const bytes = readValue(reader, type);
  return { type: type.name, value: showValue(type, bytes), bytes: bytes?.toString("hex") ?? null };
}

/** COLMETADATA, ROW and NBCROW tokens, DONE: MS-TDS 2.2.6.1. */
export function readBulk(bytes: Buffer): TdsRequest {
  const reader = new Reader(bytes);
  if (reader.u8() !== 0x81) throw new Error("a bulk load begins with COLMETADATA");
  const columns = Array.from({ length: reader.u16() }, () => {
    reader.u32();
    const flags = reader.u16();
    if (((flags >> 2) & 3) !== 1) throw new Error(`flags ${flags}: the column is not to be written`);
    const type = readType(reader);
    return { name: reader.shortText(), type };
  });
  const rows: SentValue[][] = [];
  for (let token = reader.u8(); token !== 0xfd; token = reader.u8()) {
    if (token !== 0xd1 && token !== 0xd2) throw new Error(`token 0x${token.toString(16)} among the rows`);
    const nulls = token === 0xd2 ? reader.take(Math.ceil(columns.length / 8)) : undefined;
    rows.push(
      columns.map(({ type }, index) => {
        const isNull = nulls !== undefined && ((nulls[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
        return isNull ? { type: type.name, value: null, bytes: null } : sent(reader, type);
      }),
    );
  }
  reader.take(12);
  reader.end();
  return { kind: "bulk", columns: columns.map(({ name, type }) => ({ name, type: type.name })), rows, bytes };
}
