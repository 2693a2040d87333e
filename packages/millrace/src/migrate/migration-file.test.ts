import { MillraceError } from "@millrace/core";
import { expect, it } from "vitest";
import { migrationName, parseMigration, statementsChecksum } from "./migration-file.ts";
import { POSTGRES_SYNTAX } from "./sql-syntax.ts";

const FILE = "migrations/default/000007_add_city.sql";
const parse = (text: string, file = FILE): ReturnType<typeof parseMigration> =>
  parseMigration(file, text, POSTGRES_SYNTAX);

it("what stands above migrate:down is applied, what stands below undoes it, with the lines of the file", () => {
  const text =
    "-- migrate:up\nCREATE TABLE a ();\nCREATE TABLE b ();\n-- migrate:down\n\nDROP TABLE b;\nDROP TABLE a;\n";
  expect(parse(text)).toMatchObject({
    version: 7,
    name: "add_city",
    transaction: true,
    up: [
      { text: "CREATE TABLE a ()", line: 2 },
      { text: "CREATE TABLE b ()", line: 3 },
    ],
    down: [
      { text: "DROP TABLE b", line: 6 },
      { text: "DROP TABLE a", line: 7 },
    ],
  });
});

it("a part without statements undoes nothing", () => {
  expect(parse("SELECT 1;\n-- migrate:down\n-- not possible\n").down).toBeUndefined();
  expect(parse("SELECT 1;").down).toBeUndefined();
});

it("the checksum follows what is applied, whatever the line ends and what undoes it", () => {
  const { checksum } = parse("SELECT 1;\nSELECT 2;\n-- migrate:down\nSELECT 3;\n");
  expect(parse("\uFEFFSELECT 1;\r\nSELECT 2;\r\n-- migrate:down\r\nSELECT 4;\r\n").checksum).toBe(checksum);
  expect(parse("SELECT 1;\nSELECT 2;\n").checksum).toBe(checksum);
  expect(parse("SELECT 1;\nSELECT  2;\n").checksum).not.toBe(checksum);
});

it("statements that landed are known again, wherever they stand now", () => {
  const before = parse("SELECT 1;\nSELECT 2;\n");
  const after = parse("-- more\nSELECT 1;\n\nSELECT 3;\n");
  expect(statementsChecksum(after.up, 1)).toBe(statementsChecksum(before.up, 1));
  expect(statementsChecksum(after.up, 2)).not.toBe(statementsChecksum(before.up, 2));
});

it.each([
  ["m/3-bad.sql", "SELECT 1;", "m/3-bad.sql: its name is not a number"],
  ["m/000000_none.sql", "SELECT 1;", "its name is not a number from 1 up"],
  [FILE, "SELECT 1;\n-- migrate:dwon\n", `${FILE}:2: there is no "migrate:dwon"`],
  [FILE, "SELECT 1;\n-- migrate:down\n-- migrate:down\n", `${FILE}:3: migrate:down stands there twice`],
  [FILE, "SELECT 'open;", `${FILE}:1: what begins with ' does not end`],
  [FILE, "SELECT 1;\n-- migrate:down\n\nSELECT 'open;", `${FILE}:4: what begins with ' does not end`],
  [FILE, "SELECT 1;\n\\i other.sql\n", `${FILE}:2: \\i is a command of psql`],
  [FILE, "-- nothing\n", `${FILE}:1: it holds no statement to apply`],
])("refuses %s that says %j", (file, text, message) => {
  expect(() => parse(text, file)).toThrow(
    expect.objectContaining({ code: "MLR_MIGRATION_INVALID", message: expect.stringContaining(message) }),
  );
  expect(() => parse(text, file)).toThrow(MillraceError);
});

it("a name tells version and name, however many digits it has", () => {
  expect(migrationName("a/b/20261122120000_add-größe.sql")).toEqual({
    version: 20_261_122_120_000,
    name: "add-größe",
  });
});
