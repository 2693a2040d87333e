import type { SampleBatch, SamplingWriter } from "../../shared/sampling/index.ts";

/**
 * Hands samples to a function of yours. What it throws is tried again with the same samples.
 * @example callback(async (batches) => { for (const { samples } of batches) console.log(samples.length); })
 */
export function callback(
  take: (batches: readonly SampleBatch[]) => void | Promise<void>,
  name = "callback",
): SamplingWriter {
  return { name, write: async (batches) => take(batches) };
}
