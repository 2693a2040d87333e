import type { LandingLimits } from "../landing/stream-landing.ts";

const MIB = 1_048_576;
const HOUR_MS = 3_600_000;

/** The limits of each stream where nothing else is said. */
export const LANDING_LIMITS: LandingLimits = {
  rows: 200_000,
  bytes: 128 * MIB,
  commitRows: 50_000,
  commitBytes: 32 * MIB,
  waitMs: 30_000,
  batchIdMs: 24 * HOUR_MS,
  batchIds: 500_000,
  runMs: 24 * HOUR_MS,
  idleMs: 10 * 60_000,
};
