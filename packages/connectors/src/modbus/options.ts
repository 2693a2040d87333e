import { z } from "zod";

/** Options of `modbus()`. */
export const modbusOptions = z.strictObject({
  /** Name by which variables choose it. Default `modbus`. */
  name: z.string().min(1).default("modbus"),
  /** Host name or address of the device, gateway or serial server. */
  host: z.string().min(1),
  /** Default 502. */
  port: z.number().int().min(1).max(65_535).default(502),
  /** `tcp`: Modbus TCP. `rtu`: frames of a serial line through a serial server; one request at a time. Default `tcp`. */
  framing: z.enum(["tcp", "rtu"]).default("tcp"),
  /** Unit (station) of addresses that name none. Default 1. */
  unit: z.number().int().min(0).max(255).default(1),
  /** Order of bytes in values of two and four registers, where the address says none: ABCD is the standard's. Default `ABCD`. */
  order: z.enum(["ABCD", "DCBA", "BADC", "CDAB"]).default("ABCD"),
  /** Registers that one request may ask for. Default 125, the protocol's limit. */
  maxRegisters: z.number().int().min(1).max(125).default(125),
  /** Bits that one request may ask for. Default 2,000, the protocol's limit. */
  maxBits: z.number().int().min(1).max(2_000).default(2_000),
  /** Registers that are read along where they lie between two that are wanted; for bits sixteen times as many. Default 8. */
  maxGap: z.number().int().min(0).max(124).default(8),
  /** Requests that are sent before the first is answered; many devices know one only. Default 1. */
  maxInFlight: z.number().int().min(1).max(64).default(1),
  /** Milliseconds until an answer has to be there. Default 1,000. */
  timeoutMs: z.number().int().positive().default(1_000),
  /** Milliseconds until a connection has to stand. Default 3,000. */
  connectTimeoutMs: z.number().int().positive().default(3_000),
  /** An address that the device refused is asked for again after these milliseconds. Default 60,000. */
  retryBadMs: z.number().int().positive().default(60_000),
  /** The device must not be asked for one variable more often than this, in ms. Default: the context's minimum. */
  minIntervalMs: z.number().int().positive().optional(),
});

/** Options of `modbus()`, as users write them. */
export type ModbusOptions = z.input<typeof modbusOptions>;
/** Options of `modbus()`, with the defaults filled in. */
export type ResolvedModbusOptions = z.output<typeof modbusOptions>;
