import { FrameError, type Framing, type ModbusReply, type ModbusRequest } from "./framing.ts";

const HEADER = 7;
/** Unit, function code and at most 252 bytes. */
const MAX_LENGTH = 254;

/** Modbus TCP: each frame has a transaction id of 16 bits and its length. */
export class TcpFraming implements Framing {
  readonly maxInFlight = 256;
  #rest: Buffer = Buffer.alloc(0);

  encode({ unit, code, offset, count }: ModbusRequest, transaction: number): Uint8Array {
    const frame = Buffer.allocUnsafe(12);
    frame.writeUInt16BE(transaction, 0);
    frame.writeUInt16BE(0, 2);
    frame.writeUInt16BE(6, 4);
    frame.writeUInt8(unit, 6);
    frame.writeUInt8(code, 7);
    frame.writeUInt16BE(offset, 8);
    frame.writeUInt16BE(count, 10);
    return frame;
  }

  decode(bytes: Uint8Array): readonly ModbusReply[] {
    let buffer =
      this.#rest.length === 0
        ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
        : Buffer.concat([this.#rest, bytes]);
    const replies: ModbusReply[] = [];
    while (buffer.length >= HEADER) {
      const length = buffer.readUInt16BE(4);
      if (buffer.readUInt16BE(2) !== 0 || length < 2 || length > MAX_LENGTH)
        throw new FrameError("what comes is no Modbus TCP");
      const end = HEADER - 1 + length;
      if (buffer.length < end) break;
      replies.push({
        transaction: buffer.readUInt16BE(0),
        unit: buffer.readUInt8(6),
        code: buffer.readUInt8(7),
        data: buffer.subarray(8, end),
      });
      buffer = buffer.subarray(end);
    }
    this.#rest = buffer;
    return replies;
  }

  reset(): void {
    this.#rest = Buffer.alloc(0);
  }
}
