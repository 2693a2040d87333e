/** How a field is read: a scalar's wire form, or the message that it is. */
export type FieldType =
  | "string"
  | "bytes"
  | "bool"
  | "uint"
  | "sint64"
  | "int64"
  | "fixed32"
  | "fixed64"
  | "sfixed64"
  | "double"
  | Schema;

/** The fields of a message by number. */
export interface Schema {
  readonly [number: number]: {
    readonly name: string;
    readonly type: FieldType | (() => Schema);
    readonly repeated?: boolean;
  };
}

/** A decoded message. */
export type Message = { readonly [field: string]: unknown };

const WIRE: Readonly<Record<string, number>> = {
  string: 2,
  bytes: 2,
  bool: 0,
  uint: 0,
  sint64: 0,
  int64: 0,
  fixed32: 5,
  fixed64: 1,
  sfixed64: 1,
  double: 1,
};

/** Decodes a message by its schema. What the schema does not have, or has in another form, fails. */
export function decode(bytes: Uint8Array, schema: Schema, path = ""): Message {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const message: Record<string, unknown> = {};
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 63n) throw new Error(`${path}: a number does not end`);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const scalar = (type: string, end: number): unknown => {
    switch (type) {
      case "string":
        return new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(at, (at = end)));
      case "bytes":
        return Buffer.from(bytes.subarray(at, (at = end))).toString("hex");
      case "bool":
        return varint() !== 0n;
      case "uint":
        return Number(varint());
      case "int64":
        return BigInt.asIntN(64, varint());
      case "fixed32":
        return view.getUint32((at += 4) - 4, true);
      case "fixed64":
        return view.getBigUint64((at += 8) - 8, true);
      case "sfixed64":
        return view.getBigInt64((at += 8) - 8, true);
      case "double":
        return view.getFloat64((at += 8) - 8, true);
      default:
        throw new Error(`no type ${type}`);
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const field = schema[tag >>> 3];
    if (field === undefined) throw new Error(`${path}: there is no field ${tag >>> 3}`);
    const type = typeof field.type === "function" ? field.type() : field.type;
    const wire = tag & 7;
    const inner = `${path}.${field.name}`;
    const add = (value: unknown): void => {
      const before = message[field.name];
      message[field.name] =
        field.repeated === true ? [...(Array.isArray(before) ? (before as unknown[]) : []), value] : value;
    };
    if (typeof type === "object") {
      if (wire !== 2) throw new Error(`${inner} is no message`);
      const length = Number(varint());
      if (at + length > bytes.length) throw new Error(`${inner} is longer than its message`);
      add(decode(bytes.subarray(at, at + length), type, inner));
      at += length;
    } else if (wire === 2 && WIRE[type] !== 2 && field.repeated === true) {
      const end = Number(varint()) + at;
      while (at < end) add(scalar(type, end));
    } else {
      if (wire !== WIRE[type]) throw new Error(`${inner} has wire type ${wire}`);
      const end = wire === 2 ? Number(varint()) + at : at;
      if (end > bytes.length) throw new Error(`${inner} is longer than its message`);
      add(scalar(type, end));
    }
  }
  return message;
}
