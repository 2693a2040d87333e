import type { RunTransport } from "./run-transport.ts";

/** NOTIFY of the transactions that queue runs and give commands wakes all workers, and each claims what it can. */
export const postgresTransport: RunTransport = {
  name: "postgres",
  join: () => ({ announces: false, adjust: () => undefined, close: () => Promise.resolve() }),
  announce: () => ({ wake: () => undefined, close: () => Promise.resolve() }),
};
