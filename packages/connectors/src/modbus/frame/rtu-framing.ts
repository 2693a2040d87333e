import { modbusCrc } from "./crc.ts";
import { FrameError, type Framing, type ModbusReply, type ModbusRequest } from "./framing.ts";

/** Frames of a serial line, as serial servers pass them through TCP: a check sum, no ids, so one request at a time. */
export class RtuFraming implements Framing {
  readonly maxInFlight = 1;
  #rest: Buffer = Buffer.alloc(0);

  encode({ unit, code, offset, count }: ModbusRequest): Uint8Array {
    const frame = Buffer.allocUnsafe(8);
    frame.writeUInt8(unit, 0);
    frame.writeUInt8(code, 1);
    frame.writeUInt16BE(offset, 2);
    frame.writeUInt16BE(count, 4);
    frame.writeUInt16LE(modbusCrc(frame.subarray(0, 6)), 6);
    return frame;
  }

  decode(bytes: Uint8Array): readonly ModbusReply[] {
    let buffer = Buffer.concat([this.#rest, bytes]);
    const replies: ModbusReply[] = [];
    while (buffer.length >= 5) {
      const code = buffer.readUInt8(1);
      if ((code & 0x7f) < 1 || (code & 0x7f) > 4) throw new FrameError("what comes is no Modbus RTU");
      const end = code & 0x80 ? 5 : 5 + buffer.readUInt8(2);
      if (buffer.length < end) break;
      const body = buffer.subarray(0, end - 2);
      if (modbusCrc(body) !== buffer.readUInt16LE(end - 2)) throw new FrameError("a check sum is wrong");
      replies.push({ transaction: undefined, unit: buffer.readUInt8(0), code, data: body.subarray(2) });
      buffer = buffer.subarray(end);
    }
    this.#rest = Buffer.from(buffer);
    return replies;
  }

  reset(): void {
    this.#rest = Buffer.alloc(0);
  }
}
