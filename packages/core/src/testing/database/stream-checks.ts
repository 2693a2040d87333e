import type { RowBatch } from "../../database/database.ts";
import { createTable, rejection, typeOf, type DatabaseCheck, type DatabaseContractOptions } from "./tools.ts";

/** More rows than anything that gathers them first could give at once. */
const ENDLESS_ROWS = 100_000_000;

/** Large answers, a batch at a time. */
export function streamChecks(options: DatabaseContractOptions, check: DatabaseCheck): void {
  const { expect, sql } = options;

  check("gives every row once and in order, in batches of the size wanted", async (database) => {
    let next = 1;
    let largest = 0;
    for await (const { rows } of database.stream(sql.series(10_001), [], { batchRows: 500 })) {
      largest = Math.max(largest, rows.length);
      for (const { n } of rows) if (Number(n) === next) next++;
    }
    expect(next).toBe(10_002);
    expect(largest <= 500, `${largest} rows in a batch`).toBe(true);
  });

  check(
    "gives the first rows of an endless answer at once, and stops when nobody reads on",
    async (database) => {
      for (let again = 0; again < 3; again++) {
        for await (const { rows } of database.stream(sql.series(ENDLESS_ROWS), [], { batchRows: 10 })) {
          expect(rows.length).toBe(10);
          break;
        }
      }
      expect((await database.query(sql.series(1))).length).toBe(1);
    },
  );

  check("ends with MLR_RUN_STOPPED when it is aborted, and can be used after that", async (database) => {
    const stop = new AbortController();
    const reading = (async () => {
      for await (const { rows } of database.stream(sql.series(ENDLESS_ROWS), [], {
        batchRows: 10,
        signal: stop.signal,
      })) {
        if (rows.length > 0) stop.abort();
      }
    })();
    expect((await rejection(reading))["code"]).toBe("MLR_RUN_STOPPED");
    const before = database.stream(sql.series(1), [], { signal: AbortSignal.abort() });
    expect((await rejection(Array.fromAsync(before)))["code"]).toBe("MLR_RUN_STOPPED");
    expect((await database.query(sql.series(3))).length).toBe(3);
  });

  check("tells the columns of an answer without rows", async (database) => {
    const columns = { id: typeOf(options, "integer"), name: typeOf(options, "text") };
    await database.execute(createTable(options, database, { name: "contract_empty", columns }));
    const batches: RowBatch[] = await Array.fromAsync(database.stream("SELECT id, name FROM contract_empty"));
    expect(batches.map(({ rows }) => rows.length)).toEqual([0]);
    expect(batches[0]?.columns.map(({ name, type }) => `${name} ${type.kind}`)).toEqual([
      "id integer",
      "name text",
    ]);
  });

  check("takes values", async (database) => {
    const statement = {
      parts: [`SELECT n FROM (${sql.series(100)}) AS s WHERE n > `, " ORDER BY n"],
      values: [97],
    };
    const batches: RowBatch[] = await Array.fromAsync(database.stream(statement));
    expect(batches.flatMap(({ rows }) => rows).map(({ n }) => Number(n))).toEqual([98, 99, 100]);
  });

  check("fails before its first batch where the statement is wrong", async (database) => {
    const { code } = await rejection(
      Array.fromAsync(database.stream("SELECT nothing FROM contract_nowhere")),
    );
    expect(code).toBe("MLR_DATABASE_FAILED");
    expect((await database.query(sql.series(1))).length).toBe(1);
  });
}
