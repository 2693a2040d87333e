import { describe, expect, test } from "vitest";
import { missingPymodbus, startPymodbus } from "../../test/modbus/pymodbus.ts";
import type { Variable } from "../shared/sampling/index.ts";
import { modbus } from "./index.ts";

const missing = missingPymodbus();
const options = { signal: new AbortController().signal, connection: "" };

function variables(...given: readonly (readonly [address: string, type: string])[]): Variable[] {
  return given.map(([address, type], id) => ({ id, address, type, reader: "modbus", tags: [] }));
}

describe.skipIf(missing !== undefined)(
  `with the server of pymodbus${missing === undefined ? "" : `: ${missing}`}`,
  () => {
    test.each(["tcp", "rtu"] as const)("all tables are read through %s", async (framing) => {
      const server = await startPymodbus(framing);
      const reader = modbus({ host: "127.0.0.1", port: server.port, framing });
      try {
        const all = variables(
          ["holding:100", "int16"],
          ["40102", "uint16"],
          ["input:7", "int16"],
          ["coil:3", "bool"],
          ["coil:4", "bool"],
          ["discrete:9", "bool"],
          ["holding:1", "uint32"],
          ["holding:1@CDAB", "uint32"],
          ["holding:5.2", "bool"],
          ["holding:1999", "int16"],
          ["holding:2000", "int16"],
        );
        const readings = await reader.read(all, options);
        expect(readings.map(({ value, code }) => value ?? code)).toEqual([
          100,
          101,
          14,
          true,
          false,
          true,
          65_538,
          131_073,
          true,
          1_999,
          "exception-2",
        ]);
      } finally {
        await reader.close?.();
        await server.close();
      }
    });
  },
);
