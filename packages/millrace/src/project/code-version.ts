import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Pipeline, Task } from "@millrace/core";

const versions = new WeakMap<Pipeline | Task, string>();

/** Digest of the file that a pipeline or task was loaded from; undefined for one that came from no file. */
export function codeVersionOf(pipeline: Pipeline | Task): string | undefined {
  return versions.get(pipeline);
}

/** Remembers which content of `file` made these pipelines or tasks. */
export async function noteCodeVersion(pipelines: readonly (Pipeline | Task)[], file: string): Promise<void> {
  const digest = createHash("sha256")
    .update(await readFile(file))
    .digest("hex")
    .slice(0, 16);
  for (const pipeline of pipelines) versions.set(pipeline, digest);
}
