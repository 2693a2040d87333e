import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Cut, Destination, Session } from "../destination.ts";
import { failing, FAILURE_STEPS } from "./failing.ts";
import { memoryDestination } from "./memory-destination.ts";

const owner = (attempt: bigint): Parameters<Destination["open"]>[0] => ({
  pipeline: "p",
  attempt,
  run: randomUUID(),
});
const cut = (id: bigint): Cut => ({
  id,
  checkpoints: new Map([["s", String(id)]]),
  begun: [],
  completed: [],
  taints: new Map(),
  discarded: [],
  counts: {},
  final: false,
});
const outcome = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "done",
    (error: { code?: string; message: string }) => error.code ?? error.message,
  );

/** One call of each step, in order; what became of each. */
async function throughAll(destination: Destination, attempt = 1n): Promise<unknown[]> {
  const outcomes: unknown[] = [];
  let session: Session | undefined;
  outcomes.push(await outcome(destination.open(owner(attempt)).then((opened) => (session = opened))));
  if (session === undefined) return outcomes;
  const table = {
    name: "t",
    columns: [{ name: "a", type: { kind: "text" } }],
    key: [],
    mode: "append",
  } as const;
  outcomes.push(await outcome(session.existing({ name: "t" })));
  outcomes.push(await outcome(session.define(table)));
  outcomes.push(
    await outcome(session.write("t", { slice: "s", sequence: 1, rows: [{ a: "x" }], epochs: [] })),
  );
  outcomes.push(await outcome(session.commit(cut(session.recovered.lastCommit + 1n))));
  outcomes.push(await outcome(session.close()));
  return outcomes;
}

const LOST = "MLR_DESTINATION_UNAVAILABLE";

describe("a failing destination", () => {
  it.each([
    ["open", [LOST]],
    ["after-open", [LOST]],
    ["existing", ["done", LOST, LOST, LOST, LOST, "done"]],
    ["define", ["done", "done", LOST, LOST, LOST, "done"]],
    ["write", ["done", "done", "done", LOST, LOST, "done"]],
    ["before-commit", ["done", "done", "done", "done", LOST, "done"]],
    ["after-commit", ["done", "done", "done", "done", "MLR_COMMIT_UNKNOWN", "done"]],
    ["close", ["done", "done", "done", "done", "done", LOST]],
  ] as const)("fails at %s, and the session is lost from there on", async (at, expected) => {
    const memory = memoryDestination();
    const destination = failing(memory, { rules: [{ at }] });
    expect(await throughAll(destination)).toEqual(expected);
    expect(destination.failures).toEqual([{ at, call: 1 }]);
    const landed = at === "after-commit" || at === "close";
    expect(memory.snapshot().tables["t"]?.rows ?? []).toEqual(landed ? [{ a: "x" }] : []);
    expect(await throughAll(destination, 2n)).toEqual(Array.from({ length: 6 }, () => "done"));
  });

  it("raises the fence where it fails after the open", async () => {
    const memory = memoryDestination();
    await throughAll(failing(memory, { rules: [{ at: "after-open" }] }));
    await expect(memory.open(owner(1n))).rejects.toThrow(expect.objectContaining({ code: "MLR_FENCED" }));
  });

  it("fails on the calls that are named, with the error that is given", async () => {
    const rules = [{ at: "write", call: 2, times: 2, error: () => new Error("disk") }] as const;
    const destination = failing(memoryDestination(), { rules });
    const writes = [];
    for (let attempt = 1n; attempt <= 4n; attempt++) writes.push((await throughAll(destination, attempt))[3]);
    expect(writes).toEqual(["done", "disk", "disk", "done"]);
  });

  it("fails at random in the same way for the same seed, and not more often than the limit", async () => {
    const failuresOf = async (seed: number): Promise<unknown> => {
      const destination = failing(memoryDestination(), { random: { seed, share: 0.3, limit: 6 } });
      for (let attempt = 1n; attempt <= 30n; attempt++) await throughAll(destination, attempt);
      return destination.failures;
    };
    const failures = await failuresOf(7);
    expect(failures).toHaveLength(6);
    expect(await failuresOf(7)).toEqual(failures);
    expect(await failuresOf(8)).not.toEqual(failures);
  });

  it("fails at random at the chosen steps alone", async () => {
    const destination = failing(memoryDestination(), {
      random: { seed: 1, share: 1, steps: ["write"], limit: 2 },
    });
    for (let attempt = 1n; attempt <= 3n; attempt++) await throughAll(destination, attempt);
    expect(destination.failures.map(({ at }) => at)).toEqual(["write", "write"]);
    expect(FAILURE_STEPS).toContain("write");
  });
});
