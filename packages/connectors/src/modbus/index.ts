import { parseOptions } from "@millrace/core";
import type { SamplingReader } from "../shared/sampling/index.ts";
import { ModbusReader } from "./modbus-reader.ts";
import { modbusOptions, type ModbusOptions } from "./options.ts";

export type { ModbusOptions } from "./options.ts";

/**
 * Reads registers and coils of a device through Modbus TCP, or through a serial server. Neighbours are read together; an
 * address that the device refuses spoils no other. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID; connects when it reads.
 * @example modbus({ host: "10.0.0.5", order: "CDAB" })
 */
export function modbus(options: ModbusOptions): SamplingReader {
  return new ModbusReader(parseOptions(modbusOptions, options, "modbus()"));
}
