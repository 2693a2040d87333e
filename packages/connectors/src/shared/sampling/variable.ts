import { z } from "zod";

/** How a value is encoded at its device; readers that get typed values (OPC UA, JSON) take `any`. */
export const valueType = z
  .string()
  .regex(
    /^(any|bool|u?int(8|16|32|64)|float(32|64)|bcd(16|32|64)|string(:[1-9]\d{0,3})?)$/,
    'must be any, bool, int16, uint16, int32, uint32, int64, uint64, float32, float64, bcd16, bcd32, bcd64, or string with its bytes such as "string:20"',
  );

/** Milliseconds between two samples: whole, as schedules are shared at the greatest common divisor of intervals. */
export const interval = z
  .number()
  .int()
  .min(1)
  .max(7 * 86_400_000);

/** A change that is worth a sample: a number in the value's unit, or a share of the last one such as `"2%"`. */
export const deadband = z.union(
  [z.number().nonnegative(), z.string().regex(/^\d+(\.\d+)?%$/, 'must be a number, or a share such as "2%"')],
  { message: 'must be a number, or a share such as "2%"' },
);

/** Options of one variable of a plan. */
export const variableOptions = z.strictObject({
  /** Number that tells it from all other variables of the plan. */
  id: z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER),
  /** A word for people. Default: the address. */
  name: z.string().min(1).optional(),
  /** Where its reader finds it, in the reader's own terms: `holding:100`, `ns=2;s=Boiler.Temperature`, `plant/line1/speed`. */
  address: z.string().min(1).max(1_000),
  /** How the value is encoded at the device: `bool`, `int16`, `float32`, `string:20`, … Default `any`: as the reader gives it. */
  type: valueType.default("any"),
  /** Name of the reader that reads it, such as `modbus`. */
  reader: z.string().min(1),
  /** Milliseconds between two samples. Default: the context's. */
  intervalMs: interval.optional(),
  /** The value is multiplied by this. Default 1. */
  scale: z.number().optional(),
  /** Added to the scaled value. Default 0. */
  offset: z.number().optional(),
  /** Unit of the scaled value, such as `°C`. */
  unit: z.string().optional(),
  /** Samples that differ less from the last one reported are left out where the context reports by exception. Default 0: each change is reported. */
  deadband: deadband.optional(),
  /** Words to find it by. Default: none. */
  tags: z.array(z.string()).default([]),
});

/** One value at a device that is sampled, as users write it. */
export type VariableInput = z.input<typeof variableOptions>;
/** One value at a device that is sampled. */
export type Variable = Readonly<z.output<typeof variableOptions>>;
