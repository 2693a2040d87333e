import { MillraceError } from "@millrace/core";

/** The module that speaks OPC UA. */
export type Driver = typeof import("node-opcua");

/** OPC UA's client, loaded on first use. Fails with MLR_DRIVER_MISSING. */
export async function loadDriver(): Promise<Driver> {
  try {
    return await import("node-opcua");
  } catch (cause) {
    throw new MillraceError("MLR_DRIVER_MISSING", "OPC UA needs the package node-opcua, which is missing", {
      hint: "Install it: npm install node-opcua",
      cause,
    });
  }
}
