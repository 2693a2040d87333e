import { binanceReplay } from "../binance/replay.ts";
import { coinbaseReplay } from "../coinbase/replay.ts";
import { okxReplay } from "../okx/replay.ts";
import type { ReplayDialect } from "./replay-dialect.ts";

/** Exchanges whose captures can be played. */
export const DIALECTS: ReadonlyMap<string, ReplayDialect> = new Map([
  ["okx", okxReplay],
  ["binance", binanceReplay],
  ["coinbase", coinbaseReplay],
]);
