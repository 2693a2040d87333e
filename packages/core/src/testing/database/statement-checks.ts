import type { Database } from "../../database/database.ts";
import { statement, type Sql } from "../../database/sql.ts";
import { createTable, rejection, typeOf, type DatabaseCheck, type DatabaseContractOptions } from "./tools.ts";

const HOSTILE = `we"ird \`ta'ble]; -- \\ é`;

/** Statements, their values and their names. */
export function statementChecks(options: DatabaseContractOptions, check: DatabaseCheck): void {
  const { expect } = options;
  const people = async (database: Database): Promise<string> => {
    const columns = { id: typeOf(options, "integer"), name: typeOf(options, "text") };
    await database.execute(createTable(options, database, { name: "contract_people", columns }));
    return database.quote("contract_people");
  };

  check("inserts and answers rows", async (database) => {
    const table = await people(database);
    await database.execute(insertion(`INSERT INTO ${table} (id, name) VALUES (`, [1, "Ada"]));
    await database.execute(insertion(`INSERT INTO ${table} (id, name) VALUES (`, [2, null]));
    expect(await database.query(`SELECT id, name FROM ${table} ORDER BY id`)).toEqual([
      { id: 1, name: "Ada" },
      { id: 2, name: null },
    ]);
    expect(await database.query(`SELECT id FROM ${table} WHERE id > 5`)).toEqual([]);
  });

  check("sends values apart from the text, whatever they hold", async (database) => {
    const table = await people(database);
    const names = [
      "'; DROP TABLE contract_people; --",
      "\\",
      "$1 ? @p1 {p1:Int32} :a",
      '"',
      "`",
      "%s",
      "\u{1f600}",
    ];
    for (const [id, name] of names.entries())
      await database.execute(insertion(`INSERT INTO ${table} (id, name) VALUES (`, [id, name]));
    const rows = await database.query(`SELECT name FROM ${table} ORDER BY id`);
    expect(rows).toEqual(names.map((name) => ({ name })));
    const found = {
      parts: [`SELECT id FROM ${table} WHERE name = `, " AND id >= ", ""],
      values: [names[0], 0],
    };
    expect(await database.query(found)).toEqual([{ id: 0 }]);
  });

  check("quotes names of any characters", async (database) => {
    const table = { name: `contract_${HOSTILE}`, columns: { [HOSTILE]: typeOf(options, "integer") } };
    await database.execute(createTable(options, database, table));
    await database.load([{ [HOSTILE]: 5 }], { table: table.name });
    const column = database.quote(HOSTILE);
    expect(await database.query(`SELECT ${column} FROM ${database.quote(table.name)}`)).toEqual([
      { [HOSTILE]: 5 },
    ]);
    await database.execute(`DROP TABLE ${database.quote(table.name)}`);
  });

  check("refuses names that it cannot have", async (database) => {
    for (const name of ["", "a\0b"]) {
      let code: unknown;
      try {
        database.quote(name);
      } catch (error) {
        code = (error as { code?: unknown }).code;
      }
      expect(code, JSON.stringify(name)).toBe("MLR_ARGUMENT_INVALID");
    }
  });

  check("runs several statements at the same time", async (database) => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) => database.query(options.sql.series(i + 1))),
    );
    expect(answers.map((rows) => rows.length)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
  });

  check("stores a text with a NUL whole, or refuses it and says so", async (database) => {
    const table = await people(database);
    try {
      await database.execute(insertion(`INSERT INTO ${table} (id, name) VALUES (`, [1, "a\0b"]));
    } catch (error) {
      expect(String((error as { code?: unknown }).code).startsWith("MLR_")).toBe(true);
      expect((error as { retry?: unknown }).retry).toBe("never");
      expect(await database.query(`SELECT id FROM ${table}`)).toEqual([]);
      return;
    }
    expect(await database.query(`SELECT name FROM ${table}`)).toEqual([{ name: "a\0b" }]);
  });

  const { procedure } = options.sql;
  if (procedure === undefined) {
    check("says that it has no procedures", async (database) => {
      expect((await rejection(database.call("contract_double", [21])))["code"]).toBe(
        "MLR_DATABASE_UNSUPPORTED",
      );
    });
  } else {
    check("calls a procedure and answers its rows", async (database) => {
      for (const each of procedure) await database.execute(each);
      expect(await database.call("contract_double", [21])).toEqual([{ doubled: 42 }]);
    });
  }

  check("may be closed twice, and answers nothing after that", async (database) => {
    await database.close();
    await database.close();
    const { code } = await rejection(database.query(options.sql.series(1)));
    expect(String(code).startsWith("MLR_DATABASE_")).toBe(true);
  });
}

/** `text`, then the values and a closing bracket. */
function insertion(text: string, values: readonly unknown[]): Sql {
  return statement([text, ...values.slice(1).map(() => ", "), ")"], ...values);
}
