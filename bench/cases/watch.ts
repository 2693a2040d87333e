import { executeRun, pipeline, watch } from "@millrace/core";
import { memoryDestination } from "@millrace/core/testing";
import { median, round, type Measured } from "../lib/result.ts";

const CALLS = 1_000_000;
const ASYNC_CALLS = 200_000;
const ROUNDS = 7;

/** What a call of a watched function costs more than one of the function itself, within a run. */
export async function measure(): Promise<Measured[]> {
  const results: Measured[] = [];
  await executeRun({
    pipeline: pipeline("bench", {
      source: async function* () {
        results.push(inNanoseconds("watch: a call", CALLS, await rounds(CALLS, timeCalls)));
        results.push(
          inNanoseconds(
            "watch: a call that is waited for",
            ASYNC_CALLS,
            await rounds(ASYNC_CALLS, timeAwaited),
          ),
        );
        yield { id: 1 };
      },
      destination: memoryDestination().table("bench", { key: ["id"] }),
    }),
    environment: { directory: ".", databaseUrl: () => Promise.reject(new Error("not needed")) },
    run: "00000000-0000-7000-8000-000000000001",
    attempts: { next: () => Promise.resolve(1n) },
  });
  return results;
}

interface Times {
  readonly watched: number;
  readonly plain: number;
}

/** Median nanoseconds of a call, the two in turn. */
async function rounds(
  calls: number,
  time: (watched: boolean, calls: number) => Promise<number>,
): Promise<Times> {
  const watched: number[] = [];
  const plain: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    plain.push(((await time(false, calls)) * 1e6) / calls);
    watched.push(((await time(true, calls)) * 1e6) / calls);
  }
  return { watched: median(watched), plain: median(plain) };
}

function inNanoseconds(name: string, calls: number, { watched, plain }: Times): Measured {
  return {
    name,
    work: `nanoseconds that watching adds to each of ${calls} calls`,
    ours: round(watched, 1),
    peers: { "the function itself": round(plain, 1) },
    ratio: round(watched - plain, 1),
    goal: "< 1000",
    peakMemoryMb: null,
  };
}

const add = (a: number, b: number): number => (a * 31 + b) | 0;
const watchedAdd = watch("add", (a: number, b: number): number => (a * 31 + b) | 0);
const later = async (a: number, b: number): Promise<number> => (a * 31 + b) | 0;
const watchedLater = watch("later", async (a: number, b: number): Promise<number> => (a * 31 + b) | 0);

/** Milliseconds; the sum is used, so that no call is left out. */
function timeCalls(watched: boolean, calls: number): Promise<number> {
  let sum = 0;
  const started = performance.now();
  if (watched) for (let i = 0; i < calls; i++) sum = watchedAdd(sum, i);
  else for (let i = 0; i < calls; i++) sum = add(sum, i);
  const taken = performance.now() - started;
  return Promise.resolve(Number.isNaN(sum) ? 0 : taken);
}

async function timeAwaited(watched: boolean, calls: number): Promise<number> {
  let sum = 0;
  const started = performance.now();
  if (watched) for (let i = 0; i < calls; i++) sum = await watchedLater(sum, i);
  else for (let i = 0; i < calls; i++) sum = await later(sum, i);
  const taken = performance.now() - started;
  return Number.isNaN(sum) ? 0 : taken;
}
