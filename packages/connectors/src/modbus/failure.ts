/** Why a request has no values. Its `code` becomes the quality's code. */
export class ModbusFailure extends Error {
  /** `exception-2`, `timeout`, `not-connected`, … */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const EXCEPTIONS: Readonly<Record<number, string>> = {
  1: "illegal function",
  2: "illegal data address",
  3: "illegal data value",
  4: "device failure",
  5: "acknowledge",
  6: "device busy",
  8: "memory parity error",
  10: "gateway path unavailable",
  11: "gateway target failed to respond",
};

/** The device answered with an exception. */
export class ModbusException extends ModbusFailure {
  readonly exception: number;

  constructor(exception: number) {
    super(`exception-${exception}`, EXCEPTIONS[exception] ?? "unknown exception");
    this.exception = exception;
  }

  /** The addresses that were asked for are what is wrong. */
  get isAddress(): boolean {
    return this.exception === 2 || this.exception === 3;
  }
}
