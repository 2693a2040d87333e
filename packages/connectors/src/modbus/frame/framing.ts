/** What is asked of a device. */
export interface ModbusRequest {
  readonly unit: number;
  /** 1 coils, 2 discrete inputs, 3 holding registers, 4 input registers. */
  readonly code: 1 | 2 | 3 | 4;
  readonly offset: number;
  /** Registers or bits. */
  readonly count: number;
}

/** What a device said. */
export interface ModbusReply {
  /** undefined: the framing has none, and the one request under way is meant. */
  readonly transaction: number | undefined;
  readonly unit: number;
  /** With 0x80 where it is an exception. */
  readonly code: number;
  /** After the function code: the count of bytes and the bytes, or the exception. */
  readonly data: Uint8Array;
}

/** How requests and replies stand on the wire. */
export interface Framing {
  /** Requests that may be told apart on one connection. */
  readonly maxInFlight: number;
  encode(request: ModbusRequest, transaction: number): Uint8Array;
  /** Takes bytes as they come. Fails with `FrameError` where what comes is no Modbus: the connection is of no more use. */
  decode(bytes: Uint8Array): readonly ModbusReply[];
  /** Forgets half a frame, for a new connection. */
  reset(): void;
}

/** Bytes that are no frame. */
export class FrameError extends Error {}

/** Bytes of the values that a request is answered with. */
export function dataBytes({ code, count }: Pick<ModbusRequest, "code" | "count">): number {
  return code <= 2 ? Math.ceil(count / 8) : count * 2;
}
