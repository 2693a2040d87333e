import { MillraceError, type Row } from "@millrace/core";
import { TestPipeline } from "@millrace/core/testing";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { missingMariadb, startMariadb, type MariadbServer } from "../../test/mariadb-server.ts";
import { COMMITS, mergedRow, ROWS, writeOn, type WriterOrders } from "../../test/mariadb/writer.ts";
import { readTable, relationalDestination, type RelationalInternals } from "../shared/relational/index.ts";
import { mariadbDialect } from "./dialect/mariadb-dialect.ts";
import { mariadbOptions, type ResolvedMariadbOptions } from "./options.ts";

const CHILD = fileURLToPath(new URL("../../test/mariadb/writer-child.ts", import.meta.url));
const missing = missingMariadb();
const title = missing === undefined ? "on a MariaDB server" : `on a MariaDB server: ${missing}`;

describe.skipIf(missing !== undefined)(title, () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await startMariadb();
  });
  afterAll(() => server?.close());
  beforeEach(() => server.empty());

  const dialect = (): ReturnType<typeof mariadbDialect> =>
    mariadbDialect(mariadbOptions.parse({ url: server.url }) as ResolvedMariadbOptions);

  const child = async (orders: WriterOrders): Promise<NodeJS.Signals | null> => {
    const writer = spawn(process.execPath, ["--conditions=@millrace/source", CHILD, JSON.stringify(orders)], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const [, signal] = (await once(writer, "exit")) as [number | null, NodeJS.Signals | null];
    return signal;
  };

  const open = async (attempt: bigint, internals: RelationalInternals = {}): Promise<TestPipeline> => {
    const destination = relationalDestination(dialect(), internals);
    const run = "00000000-0000-4000-8000-000000000002";
    const session = await destination.open({ pipeline: "faults", attempt, run });
    return new TestPipeline({ destination, session, run, attempt });
  };

  /** Both tables hold what `commits` commits wrote: everything once. */
  const expectCommits = async (commits: number): Promise<void> => {
    const all = Array.from({ length: commits }, (_, index) => index + 1);
    const ids = Array.from({ length: ROWS }, (_, n) => n);
    const texts = (rows: readonly Row[]): string[] => rows.map((row) => JSON.stringify(row)).toSorted();
    expect(texts(await readTable(dialect(), "appended"))).toEqual(
      texts(all.flatMap((commit) => ids.map((n) => ({ commit, n })))),
    );
    const merged = new Map<number, Row>();
    for (const commit of all) for (const n of ids) merged.set(mergedRow(commit, n).id, mergedRow(commit, n));
    // The first commit's rows were not seen in the epoch that completes with the last one.
    if (commits === COMMITS)
      for (const n of ids) if (mergedRow(1, n).id < mergedRow(2, 0).id) merged.delete(mergedRow(1, n).id);
    expect(texts(await readTable(dialect(), "merged"))).toEqual(texts([...merged.values()]));
  };

  test(
    "a writer that is killed at any point loses nothing and writes nothing twice",
    { timeout: 300_000 },
    async () => {
      const steps = [
        "opened",
        "staged",
        "commit-begin",
        "defined",
        "fenced",
        "applied",
        "recorded",
        "before-commit",
        "after-commit",
      ];
      let attempt = 0;
      for (const [index, step] of steps.entries()) {
        const killed = await child({
          url: server.url,
          attempt: ++attempt,
          dieAt: { step, time: (index % 2) + 1 },
        });
        expect(killed, step).toBe("SIGKILL");
        const inspector = await relationalDestination(dialect()).inspect();
        const state = await inspector.state("faults");
        await inspector.close();
        await expectCommits(Number(state?.lastCommit ?? 0n));
        expect(state?.checkpoints.get("main") ?? 0).toBe(Number(state?.lastCommit ?? 0n));
        if (state?.lastCommit === BigInt(COMMITS)) break;
      }
      await writeOn({ url: server.url, attempt: ++attempt });
      await expectCommits(COMMITS);
    },
  );

  test("a server that is killed in the middle of a commit keeps all of it or nothing", async () => {
    for (const [index, step] of ["applied", "before-commit"].entries()) {
      const attempt = BigInt(index * 2 + 1);
      const late = await open(attempt, {
        onStep: async (at) => {
          if (at === step) await server.kill();
        },
      });
      await late.table("t", { key: ["id"], mode: "merge" });
      await late.write("t", [{ id: index, v: step }]);
      const error = await late.commit().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(MillraceError);
      expect((error as MillraceError).retry).toBe("later");
      await late.close();
      await server.start();
      const next = await open(attempt + 1n);
      const lastCommit = Number(next.session.recovered.lastCommit);
      expect(lastCommit).toBe(index);
      await next.table("t", { key: ["id"], mode: "merge" });
      await next.write("t", [{ id: index, v: step }]);
      expect((await next.commit()).tables["t"]?.inserted).toBe(1);
      await next.close();
      expect(await readTable(dialect(), "t")).toHaveLength(index + 1);
    }
  });

  test("a writer that hangs in its commit is overtaken, and cannot write any more", async () => {
    let resume = (): void => undefined;
    const hanging = new Promise<void>((resolve) => (resume = resolve));
    let hangs = (): void => undefined;
    const reached = new Promise<void>((resolve) => (hangs = resolve));
    const late = await open(1n, {
      onStep: async (step) => {
        if (step !== "before-commit") return;
        hangs();
        await hanging;
      },
    });
    await late.table("t", { key: ["id"], mode: "merge" });
    await late.write("t", [{ id: 1 }]);
    const outcome = late.commit().catch((thrown: unknown) => thrown);
    await reached;
    const next = await open(2n);
    resume();
    expect(await outcome).toMatchObject({ code: "MLR_FENCED", details: { attempt: "2" } });
    expect(next.session.recovered.lastCommit).toBe(0n);
    await next.table("t", { key: ["id"], mode: "merge" });
    await next.write("t", [{ id: 2 }]);
    await next.commit();
    expect(await readTable(dialect(), "t")).toEqual([{ id: 2 }]);
    await Promise.all([late.close(), next.close()]);
  });

  test("no password is told when the login is refused or the server is gone", async () => {
    const url = new URL(server.url);
    url.password = "top-secret";
    for (const wrong of [url.href, "mariadb://someone:top-secret@127.0.0.1:1/nowhere"]) {
      const destination = relationalDestination(
        mariadbDialect(mariadbOptions.parse({ url: wrong }) as ResolvedMariadbOptions),
      );
      const error = await destination
        .open({ pipeline: "p", attempt: 1n, run: "00000000-0000-4000-8000-000000000003" })
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(MillraceError);
      expect(JSON.stringify(error) + String((error as Error).cause)).not.toContain("top-secret");
    }
  });
});
