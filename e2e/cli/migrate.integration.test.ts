import { clickhouse } from "@millrace/connectors/clickhouse";
import { mariadb } from "@millrace/connectors/mariadb";
import type { Database, DatabaseConnector } from "@millrace/core";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  missingClickHouse,
  startClickHouse,
  type TestClickHouse,
} from "../../packages/connectors/test/clickhouse/clickhouse-server.ts";
import {
  type MariadbServer,
  missingMariadb,
  startMariadb,
} from "../../packages/connectors/test/mariadb-server.ts";
import { migrationDialect } from "../../packages/millrace/src/migrate/migration-dialect.ts";
import { parseMigration } from "../../packages/millrace/src/migrate/migration-file.ts";
import { Migrator } from "../../packages/millrace/src/migrate/migrator.ts";
import { withLock } from "../../packages/millrace/src/migrate/with-lock.ts";

const environment = { directory: ".", databaseUrl: () => Promise.reject(new Error("unused")) };

interface Bed {
  readonly connector: DatabaseConnector;
  /** What stands behind the columns of a table. */
  readonly engine: string;
  empty(): Promise<void>;
  close(): Promise<void>;
}

/** A database of one kind to be migrated. */
function suite(kind: string, missing: string | undefined, make: () => Promise<Bed>): void {
  describe.skipIf(missing !== undefined)(
    `migrations on ${kind}${missing === undefined ? "" : `: ${missing}`}`,
    () => {
      const dialect = migrationDialect(kind);
      let bed: Bed;
      let database: Database;

      beforeAll(async () => {
        bed = await make();
        return () => bed.close();
      });
      beforeEach(async () => {
        await bed.empty();
        database = await bed.connector.connect(environment);
        return () => database.close();
      });

      const table = (name: string): string => `CREATE TABLE ${name} (id INT)${bed.engine}`;
      const migrator = (...texts: string[]): Migrator => {
        const migrations = texts.map((text, i) =>
          parseMigration(`migrations/db/00000${i + 1}_step.sql`, text, dialect.syntax),
        );
        return new Migrator({ database, dialect, migrations });
      };
      const states = async (of: Migrator): Promise<string[]> => (await of.states()).map(({ state }) => state);

      test("are applied once, undone and applied again", async () => {
        const of = migrator(
          `${table("a")};\nINSERT INTO a VALUES (1), (2);\n-- migrate:down\nDROP TABLE a;\n`,
          `${table("b")};\n-- migrate:down\nDROP TABLE b;\n`,
        );
        expect(await states(of)).toEqual(["pending", "pending"]);
        expect(await of.run({ dryRun: true })).toHaveLength(2);
        expect(await states(of)).toEqual(["pending", "pending"]);
        expect(await of.run()).toHaveLength(2);
        expect(await of.run()).toEqual([]);
        expect(await states(of)).toEqual(["applied", "applied"]);
        const [counted] = await database.query<{ n: unknown }>("SELECT count(*) AS n FROM a");
        expect(Number(counted?.n)).toBe(2);
        expect((await of.rollback({ to: 0 })).map(({ version }) => version)).toEqual([2, 1]);
        expect(await states(of)).toEqual(["pending", "pending"]);
        expect(await of.run({ to: 1 })).toHaveLength(1);
        expect(await states(of)).toEqual(["applied", "pending"]);
      });

      test("that fail half-way keep what landed, say so, and go on from there", async () => {
        const broken = migrator(
          `${table("a")};\n${table("b")};\nINSERT INTO nowhere VALUES (1);\n${table("c")};`,
        );
        await expect(broken.run()).rejects.toMatchObject({
          code: "MLR_MIGRATION_FAILED",
          message: expect.stringContaining("000001_step.sql:3: "),
          hint: expect.stringContaining("2 of its 4 statements landed"),
        });
        expect(await states(broken)).toEqual(["dirty"]);
        await expect(broken.run()).rejects.toMatchObject({
          code: "MLR_MIGRATION_DIRTY",
          message: expect.stringContaining("2 of its 4 statements have landed; the next one, line 3, failed"),
        });
        const edited = migrator(`${table("x")};\n${table("b")};\nSELECT 1;`);
        await expect(edited.run({ dirty: "continue" })).rejects.toMatchObject({
          code: "MLR_MIGRATION_CHANGED",
        });
        const mended = migrator(`${table("a")};\n${table("b")};\n${table("c")};`);
        const [step] = await mended.run({ dirty: "continue" });
        expect(step?.statements.map(({ text }) => text)).toEqual([table("c")]);
        expect(await states(mended)).toEqual(["applied"]);
      });

      test("are made by one process at a time", async () => {
        const other = await bed.connector.connect(environment);
        const of = migrator(table("a"));
        await withLock(other, dialect, { breakLock: false }, async () => {
          await expect(of.run()).rejects.toMatchObject({ code: "MLR_MIGRATION_LOCKED" });
        });
        await other.close();
        expect(await of.run()).toHaveLength(1);
      });

      if (dialect.lock.kind === "table") {
        const { create } = dialect.lock;
        test("go on past a lock that a killed process left, where that is said", async () => {
          await database.execute(create);
          const of = migrator(table("a"));
          await expect(of.run()).rejects.toMatchObject({ hint: expect.stringContaining("--break-lock") });
          expect(await of.run({ breakLock: true })).toHaveLength(1);
        });
      }

      if (kind === "mariadb") {
        test("make stored programs, with a delimiter and without one", async () => {
          const of = migrator(
            "CREATE PROCEDURE twice(IN n INT) BEGIN IF n > 0 THEN SELECT n * 2 AS m; END IF; END;\nSELECT 1;",
            "DELIMITER //\nCREATE FUNCTION thrice(n INT) RETURNS INT DETERMINISTIC\nBEGIN\n  RETURN n * 3;\nEND//\nDELIMITER ;\n",
          );
          expect(await of.run()).toHaveLength(2);
          expect(await database.call("twice", [4])).toEqual([{ m: 8 }]);
          expect(await database.query("SELECT thrice(4) AS m")).toEqual([{ m: 12 }]);
        });
      }
    },
  );
}

suite("mariadb", missingMariadb(), async () => {
  const server: MariadbServer = await startMariadb();
  return {
    connector: mariadb({ url: server.url }),
    engine: "",
    empty: () => server.empty(),
    close: () => server.close(),
  };
});

suite("clickhouse", missingClickHouse(), async () => {
  const server: TestClickHouse = await startClickHouse();
  const administrator = await clickhouse({ url: server.url })
    .connect(environment)
    .catch(async (error: unknown) => {
      await server.stop();
      throw error;
    });
  return {
    connector: clickhouse({ url: `${server.url}/migrated` }),
    engine: " ENGINE = MergeTree ORDER BY id",
    empty: async () => {
      await administrator.execute("DROP DATABASE IF EXISTS migrated");
      await administrator.execute("CREATE DATABASE migrated");
    },
    close: async () => {
      await administrator.close();
      await server.stop();
    },
  };
});
