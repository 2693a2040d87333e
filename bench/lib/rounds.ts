import { median, round } from "./result.ts";

/** One contender of a bench: `prepare` is not timed, `work` is. */
export interface Contender {
  readonly name: string;
  prepare?(): Promise<void>;
  /** May return the seconds it took where it measured them itself, without what does not count. */
  work(): Promise<void | number>;
}

/** Runs the contenders in turn, A B C A B C …, so that a drift of the machine's speed meets all; gives medians in seconds. */
export async function interleave(
  contenders: readonly Contender[],
  rounds: number,
): Promise<Record<string, number>> {
  const seconds = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let i = 0; i < rounds; i++) {
    for (const { name, prepare, work } of contenders) {
      await prepare?.();
      globalThis.gc?.();
      const start = performance.now();
      const own = await work();
      const taken = own ?? (performance.now() - start) / 1_000;
      seconds.get(name)?.push(taken);
      process.stderr.write(`  ${name}: ${taken.toFixed(2)} s\n`);
    }
  }
  return Object.fromEntries([...seconds].map(([name, values]) => [name, round(median(values))]));
}
