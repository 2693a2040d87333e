import type { Chunk } from "./file-format.ts";
import type { Mark } from "./mark.ts";

/** Chunks out of the batches of a piece: their share of its `bytes`, and the mark behind the last, where there is one. */
export function* marked(
  batches: readonly Omit<Chunk, "bytes">[],
  bytes: number,
  mark: Mark | undefined,
): Generator<Chunk, void, void> {
  const share = bytes / batches.length;
  for (const [index, batch] of batches.entries()) {
    const last = index === batches.length - 1;
    yield last && mark !== undefined ? { ...batch, bytes: share, mark } : { ...batch, bytes: share };
  }
}
