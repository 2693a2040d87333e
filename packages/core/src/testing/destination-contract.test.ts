import { describe, expect, it } from "vitest";
import { destinationContract } from "./destination-contract.ts";
import { memoryDestination } from "./memory-destination.ts";

destinationContract({
  name: "memory",
  describe,
  it,
  expect,
  create: async () => {
    const destination = memoryDestination();
    return {
      destination,
      rows: async (table) => (table in destination.snapshot().tables ? destination.rows(table) : []),
      tamper: async (table, key, values) =>
        destination.tamper(
          table,
          (row) => Object.entries(key).every(([name, value]) => row[name] === value),
          values,
        ),
    };
  },
});
