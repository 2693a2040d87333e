import { shortText, text, u16, u32, u64, u8 } from "./bytes.ts";
import { writeType, writeValue, type WireType } from "./wire-type.ts";

/** An error of the server. */
export interface ServerError {
  readonly number: number;
  readonly message: string;
  /** Severity. Default 16. */
  readonly severity?: number;
}

/** A result set. */
export interface ResultSet {
  readonly columns: readonly {
    readonly name: string;
    readonly type: WireType;
    readonly required?: boolean;
  }[];
  /** Bytes of the values without their lengths, null for NULL. */
  readonly rows: readonly (readonly (Buffer | null)[])[];
  /** Sent as NBCROW, which leaves nulls out. Default false. */
  readonly compact?: boolean;
}

export function columnMetadata({ columns }: ResultSet): Buffer {
  return Buffer.concat([
    u8(0x81),
    u16(columns.length),
    ...columns.map(({ name, type, required = false }) =>
      Buffer.concat([u32(0), u16(required ? 8 : 9), writeType(type), shortText(name)]),
    ),
  ]);
}

export function resultRow(set: ResultSet, row: readonly (Buffer | null)[]): Buffer {
  const values = set.columns.map(({ type }, index) => ({ type, bytes: row[index] ?? null }));
  if (set.compact !== true) {
    return Buffer.concat([u8(0xd1), ...values.map(({ type, bytes }) => writeValue(type, bytes))]);
  }
  const nulls = Buffer.alloc(Math.ceil(values.length / 8));
  values.forEach(({ bytes }, index) => {
    if (bytes === null) nulls[index >> 3] = (nulls[index >> 3] ?? 0) | (1 << (index & 7));
  });
  const present = values.filter(({ bytes }) => bytes !== null);
  return Buffer.concat([u8(0xd2), nulls, ...present.map(({ type, bytes }) => writeValue(type, bytes))]);
}

export function errorToken({ number, message, severity = 16 }: ServerError): Buffer {
  const body = Buffer.concat([
    u32(number),
    u8(1),
    u8(severity),
    text(message),
    shortText("double"),
    shortText(""),
    u32(1),
  ]);
  return Buffer.concat([u8(0xaa), u16(body.length), body]);
}

/** @param token DONE 0xfd, DONEPROC 0xfe, DONEINPROC 0xff */
export function done(
  rows: number | undefined,
  options: { token?: number; failed?: boolean; cancelled?: boolean } = {},
): Buffer {
  const { token = 0xfd, failed = false, cancelled = false } = options;
  const status = (rows === undefined ? 0 : 0x10) | (failed ? 2 : 0) | (cancelled ? 0x20 : 0);
  return Buffer.concat([u8(token), u16(status), u16(0xc1), u64(BigInt(rows ?? 0))]);
}

/** A change of the session: packet size, collation, beginning and end of transactions. */
export function environment(type: number, value: Buffer, old: Buffer): Buffer {
  const body = Buffer.concat([u8(type), value, old]);
  return Buffer.concat([u8(0xe3), u16(body.length), body]);
}

export function loginAck(): Buffer {
  const name = "Microsoft SQL Server";
  const body = Buffer.concat([
    u8(1),
    Buffer.from([0x74, 0x00, 0x00, 0x04]),
    shortText(name),
    Buffer.from([16, 0, 0x0f, 0xa0]),
  ]);
  return Buffer.concat([u8(0xad), u16(body.length), body]);
}

/** The answer to PRELOGIN: no encryption. */
export function preLogin(): Buffer {
  const options = [
    { token: 0, data: Buffer.from([16, 0, 0x0f, 0xa0, 0, 0]) },
    { token: 1, data: Buffer.from([2]) },
    { token: 2, data: Buffer.from([0]) },
    { token: 3, data: Buffer.alloc(0) },
    { token: 4, data: Buffer.from([0]) },
  ];
  let offset = options.length * 5 + 1;
  const heads = options.map(({ token, data }) => {
    const head = Buffer.from([token, offset >> 8, offset & 255, data.length >> 8, data.length & 255]);
    offset += data.length;
    return head;
  });
  return Buffer.concat([...heads, u8(0xff), ...options.map(({ data }) => data)]);
}
