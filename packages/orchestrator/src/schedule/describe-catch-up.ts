import type { CatchUp } from "@millrace/core";
import { durationText } from "./duration.ts";

/** What is done about fires that nobody was there for, for people: `the latest, if not older than 7 days`. */
export function describeCatchUp({ policy, limit, maxAgeMs }: CatchUp): string {
  if (policy === "none") return "left out";
  const age = `not older than ${durationText(maxAgeMs)}`;
  return policy === "latest" ? `the latest runs, if ${age}` : `each runs, if ${age}, at most ${limit}`;
}
