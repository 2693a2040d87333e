import { randomBytes } from "node:crypto";

/** Differs between processes: 30 bits, besides the millisecond and the count. */
let own = ownPart();
let count = 0;
let lastMs = -1;
let time = "";

/** A new record's id: a UUID of version 7, made without asking for randomness each time. */
export function newRecordId(ms: number): string {
  const now = Math.max(0, Math.floor(ms));
  if (now !== lastMs) {
    lastMs = now;
    const hex = now.toString(16).padStart(12, "0").slice(-12);
    time = `${hex.slice(0, 8)}-${hex.slice(8)}-7`;
  }
  count = (count + 1) >>> 0;
  if (count === 0) own = ownPart();
  const low = count.toString(16).padStart(8, "0");
  return `${time}${own.short}-${own.variant}-${own.long}${low}`;
}

interface OwnPart {
  readonly short: string;
  readonly variant: string;
  readonly long: string;
}

function ownPart(): OwnPart {
  const hex = randomBytes(6).toString("hex");
  const variant = ((Number.parseInt(hex.slice(3, 7), 16) & 0x3fff) | 0x8000).toString(16);
  return { short: hex.slice(0, 3), variant, long: hex.slice(7, 11) };
}
