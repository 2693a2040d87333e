import { isMainThread, threadId } from "node:worker_threads";

/** Work for a thread that tells where it ran. The default export is what parallel() takes where none is named. */
// oxlint-disable-next-line import/no-default-export
export default async function square(row: { n: number }): Promise<Record<string, unknown>> {
  await Promise.resolve();
  return { n: row.n, squared: row.n * row.n, onMain: isMainThread, thread: threadId };
}

/** Some rows fail. */
export function picky(row: { n: number }): Record<string, unknown>[] | null {
  if (row.n === 3) throw new RangeError("three is too much");
  return row.n % 2 === 0 ? [{ n: row.n }, { n: -row.n }] : null;
}

/** Takes the thread down. */
export function exits(): never {
  process.exit(3);
}

/** Never ends. */
export function hangs(): Promise<never> {
  return new Promise<never>(() => undefined);
}

/** No data. */
export function givesFunction(): Record<string, unknown> {
  return { fn: () => 1 };
}

export const notAFunction = 5;
