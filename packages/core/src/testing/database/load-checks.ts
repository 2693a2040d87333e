import type { Database } from "../../database/database.ts";
import type { Row } from "../../row.ts";
import { createTable, rejection, typeOf, type DatabaseCheck, type DatabaseContractOptions } from "./tools.ts";

const TABLE = "contract_loaded";

/** The bulk path. */
export function loadChecks(options: DatabaseContractOptions, check: DatabaseCheck): void {
  const { expect, lacks = [] } = options;
  const create = async (database: Database): Promise<void> => {
    const columns = { id: typeOf(options, "integer"), name: typeOf(options, "text") };
    await database.execute(createTable(options, database, { name: TABLE, columns }));
  };
  const count = async (database: Database): Promise<number> =>
    Number((await database.query(`SELECT count(*) AS n FROM ${database.quote(TABLE)}`))[0]?.["n"]);

  check("loads rows that come one after another, and tells how many", async (database) => {
    await create(database);
    async function* rows(): AsyncGenerator<Row> {
      for (let id = 0; id < 25_000; id++) {
        if (id % 1_000 === 0) await Promise.resolve();
        yield { id, name: `name ${id}` };
      }
    }
    expect(await database.load(rows(), { table: TABLE })).toBe(25_000);
    expect(await count(database)).toBe(25_000);
    const [last] = await database.query(`SELECT name FROM ${TABLE} WHERE id = 24999`);
    expect(last).toEqual({ name: "name 24999" });
  });

  check("fills the columns that are named, and the others with null", async (database) => {
    await create(database);
    await database.load([{ name: "left out", id: 1 }], { table: TABLE, columns: ["id"] });
    await database.load([{ id: 2, name: "Ada" }, { id: 3 }, { id: 4, name: undefined }], { table: TABLE });
    expect(await database.query(`SELECT id, name FROM ${TABLE} ORDER BY id`)).toEqual([
      { id: 1, name: null },
      { id: 2, name: "Ada" },
      { id: 3, name: null },
      { id: 4, name: null },
    ]);
  });

  check("loads nothing where there are no rows", async (database) => {
    await create(database);
    expect(await database.load([], { table: TABLE })).toBe(0);
    expect(await count(database)).toBe(0);
  });

  check("refuses a row with a name that the first one does not have", async (database) => {
    await create(database);
    const { code } = await rejection(database.load([{ id: 1 }, { id: 2, name: "lost" }], { table: TABLE }));
    expect(code).toBe("MLR_ARGUMENT_INVALID");
  });

  check("fails with the table's name where it does not exist", async (database) => {
    const error = await rejection(database.load([{ id: 1 }], { table: "contract_nowhere" }));
    expect(error["code"]).toBe("MLR_DATABASE_FAILED");
    expect(String(error["message"]).includes("contract_nowhere")).toBe(true);
  });

  if (!lacks.includes("transactions")) {
    check(
      "loads none of the rows where one cannot be stored or the source of them fails",
      async (database) => {
        await create(database);
        const bad = [...Array.from({ length: 5_000 }, (_, id) => ({ id })), { id: "no number" }];
        const error = await rejection(database.load(bad, { table: TABLE }));
        expect(String(error["code"]).startsWith("MLR_")).toBe(true);
        function* failing(): Generator<Row> {
          for (let id = 0; id < 5_000; id++) yield { id };
          throw new Error("the source broke off");
        }
        expect(String((await rejection(database.load(failing(), { table: TABLE })))["message"])).toBe(
          "the source broke off",
        );
        expect(await count(database)).toBe(0);
        expect(await database.load([{ id: 1 }], { table: TABLE })).toBe(1);
      },
    );
  }

  check("stops when it is aborted", async (database) => {
    await create(database);
    const stop = new AbortController();
    async function* endless(): AsyncGenerator<Row> {
      for (let id = 0; ; id++) {
        if (id === 3_000) stop.abort();
        if (id % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
        yield { id };
      }
    }
    const error = await rejection(database.load(endless(), { table: TABLE, signal: stop.signal }));
    expect(error["code"]).toBe("MLR_RUN_STOPPED");
    expect((await database.query(options.sql.series(1))).length).toBe(1);
  });
}
