import { type Batch, lendSecrets, type Row, type Transform, type TransformContext } from "@millrace/core";

/** What a transform is given when it stands alone. */
export function context(signal: AbortSignal = new AbortController().signal): TransformContext {
  return {
    signal,
    reject: (_row, reason) => {
      throw new Error(reason.message);
    },
    database: async () => {
      throw new Error("there is no database");
    },
    ...lendSecrets({}),
  };
}

/** Sends batches through a transform, flushes it and closes it. */
export async function through(transform: Transform, ...batches: readonly Batch[]): Promise<readonly Batch[]> {
  const out: Batch[] = [];
  try {
    for (const batch of batches) out.push(...[await transform.apply(batch, context())].flat());
    out.push(...((await transform.flush?.(context())) ?? []));
    return out;
  } finally {
    await transform.close?.();
  }
}

/** The rows that come out when these go in, in one batch of stream `s`. */
export async function rowsThrough(transform: Transform, rows: readonly Row[]): Promise<readonly Row[]> {
  return (await through(transform, { stream: "s", rows })).flatMap((batch) => batch.rows);
}
