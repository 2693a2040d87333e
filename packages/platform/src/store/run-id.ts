import { randomFillSync } from "node:crypto";
import { systemClock, type Clock } from "@millrace/core";

let lastMs = 0;
let sequence = 0;

/** A new run's id: a UUID of version 7, so that ids sort by the time they were made, also within a millisecond. */
export function newRunId(clock: Clock = systemClock): string {
  const ms = Math.max(0, Math.floor(clock.now()));
  sequence = ms === lastMs ? sequence + 1 : 0;
  lastMs = ms;
  const bytes = randomFillSync(Buffer.alloc(16));
  bytes.writeUIntBE(ms, 0, 6);
  bytes.writeUInt16BE(0x7000 | (sequence & 0x0fff), 6);
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
