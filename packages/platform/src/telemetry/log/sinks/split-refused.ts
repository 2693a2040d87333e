import type { RoutedRecord } from "../log-record.ts";
import type { RefusedRecord } from "../log-sink.ts";

/**
 * Writes a batch; where its data is refused, in halves, down to the single records at fault, which are returned. Any other
 * failure goes on to the caller.
 */
export async function splitRefused(
  batch: readonly RoutedRecord[],
  write: (part: readonly RoutedRecord[]) => Promise<void>,
  isRefusal: (error: unknown) => boolean,
): Promise<readonly RefusedRecord[]> {
  const [only] = batch;
  if (only === undefined) return [];
  try {
    await write(batch);
    return [];
  } catch (error) {
    if (!isRefusal(error)) throw error;
    if (batch.length === 1)
      return [{ record: only, reason: error instanceof Error ? error.message : String(error) }];
  }
  const middle = batch.length >> 1;
  const first = await splitRefused(batch.slice(0, middle), write, isRefusal);
  return [...first, ...(await splitRefused(batch.slice(middle), write, isRefusal))];
}
