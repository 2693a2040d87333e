import { randomBytes } from "node:crypto";

let lastMs = 0;
let counter = 0;

/** A new UUID of version 7: those of one process rise, also within a millisecond. */
export function orderedUuid(nowMs: number): string {
  const ms = Math.max(lastMs, Math.floor(nowMs));
  counter = ms === lastMs ? counter + 1 : 0;
  // Twelve bits count within the millisecond; beyond them the next one begins.
  lastMs = counter > 0xfff ? ms + 1 : ms;
  if (counter > 0xfff) counter = 0;
  const hex = lastMs.toString(16).padStart(12, "0");
  const random = randomBytes(8);
  random[0] = ((random[0] ?? 0) & 0x3f) | 0x80;
  const rest = random.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7${counter.toString(16).padStart(3, "0")}-${rest.slice(0, 4)}-${rest.slice(4)}`;
}
