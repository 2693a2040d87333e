import type { Database, Statements } from "../../database/database.ts";
import { createTable, rejection, typeOf, type DatabaseCheck, type DatabaseContractOptions } from "./tools.ts";

/** All or nothing. */
export function transactionChecks(options: DatabaseContractOptions, check: DatabaseCheck): void {
  const { expect, lacks = [] } = options;
  if (lacks.includes("transactions")) {
    check("says that it has none", async (database) => {
      const error = await rejection(database.transaction(() => Promise.resolve()));
      expect(error["code"]).toBe("MLR_DATABASE_UNSUPPORTED");
    });
    return;
  }
  const create = async (database: Database): Promise<void> => {
    const columns = { id: typeOf(options, "integer"), n: typeOf(options, "integer") };
    await database.execute(createTable(options, database, { name: "contract_t", columns }));
    await database.load(
      [
        { id: 1, n: 0 },
        { id: 2, n: 0 },
      ],
      { table: "contract_t" },
    );
  };
  const sum = async (database: Pick<Statements, "query">): Promise<number> =>
    Number((await database.query("SELECT sum(n) AS n FROM contract_t"))[0]?.["n"]);

  check("commits what was done, and gives back the result", async (database) => {
    await create(database);
    const result = await database.transaction(async (statements) => {
      const changed = await statements.execute("UPDATE contract_t SET n = n + 1");
      expect(changed).toBe(2);
      expect(await sum(statements), "inside").toBe(2);
      expect(await sum(database), "outside").toBe(0);
      return "done";
    });
    expect(result).toBe("done");
    expect(await sum(database)).toBe(2);
  });

  check("rolls back where the work rejects, and passes the error on", async (database) => {
    await create(database);
    const error = await rejection(
      database.transaction(async (statements) => {
        await statements.execute("UPDATE contract_t SET n = 5");
        throw new Error("changed my mind");
      }),
    );
    expect(error["message"]).toBe("changed my mind");
    expect(await sum(database)).toBe(0);
  });

  check("rolls back where a statement fails", async (database) => {
    await create(database);
    const outcome = await database
      .transaction(async (statements) => {
        await statements.execute("UPDATE contract_t SET n = 7 WHERE id = 1");
        await statements.query("SELECT wrong FROM contract_nowhere");
      })
      .then(
        () => "committed",
        () => "rolled back",
      );
    expect(outcome).toBe("rolled back");
    expect(await sum(database)).toBe(0);
    expect(await database.execute("UPDATE contract_t SET n = 1 WHERE id = 1")).toBe(1);
  });

  check("refuses statements after its end", async (database) => {
    await create(database);
    let kept: Statements | undefined;
    await database.transaction((statements) => Promise.resolve(void (kept = statements)));
    const error = await rejection(kept?.execute("UPDATE contract_t SET n = 9") ?? Promise.resolve());
    expect(error["code"]).toBe("MLR_ARGUMENT_INVALID");
    expect(await sum(database)).toBe(0);
  });

  check("sees the same in all statements of a snapshot, whatever others do", async (database) => {
    await create(database);
    const snapshot = await database.snapshot?.();
    if (snapshot === undefined) return;
    expect(await sum(snapshot)).toBe(0);
    await database.execute("UPDATE contract_t SET n = 3");
    await database.load([{ id: 3, n: 3 }], { table: "contract_t" });
    const rows: unknown[] = [];
    for await (const batch of snapshot.stream("SELECT n FROM contract_t")) rows.push(...batch.rows);
    expect(rows).toEqual([{ n: 0 }, { n: 0 }]);
    for await (const batch of snapshot.stream("SELECT n FROM contract_t", [], { batchRows: 1 })) {
      expect(batch.rows.length).toBe(1);
      break;
    }
    expect(await snapshot.query("SELECT count(*) AS n FROM contract_t")).toEqual([{ n: 2 }]);
    await snapshot.close();
    await snapshot.close();
    expect(await sum(database)).toBe(9);
  });

  if (lacks.includes("deadlocks")) return;
  check("fails with an error that may pass where two transactions wait for each other", async (database) => {
    await create(database);
    const both = barrier(2);
    const crossing = (first: number, second: number): Promise<void> =>
      database.transaction(async (statements) => {
        await statements.execute(`UPDATE contract_t SET n = n + 1 WHERE id = ${first}`);
        await both();
        await statements.execute(`UPDATE contract_t SET n = n + 1 WHERE id = ${second}`);
      });
    const outcomes = await Promise.allSettled([crossing(1, 2), crossing(2, 1)]);
    const failed = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(failed.length).toBe(1);
    expect((failed[0]?.reason as { retry?: unknown } | undefined)?.retry).toBe("later");
    expect(await sum(database)).toBe(2);
  });
}

/** Resolves for all once so many wait. */
function barrier(size: number): () => Promise<void> {
  let waiting = 0;
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return () => {
    if (++waiting === size) open();
    return opened;
  };
}
