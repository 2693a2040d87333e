import { describe, expect, it } from "vitest";
import { SqlScriptError, splitStatements } from "./split-statements.ts";
import {
  CLICKHOUSE_SYNTAX,
  MARIADB_SYNTAX,
  POSTGRES_SYNTAX,
  SQLSERVER_SYNTAX,
  type SqlSyntax,
} from "./sql-syntax.ts";

const texts = (script: string, syntax: SqlSyntax = POSTGRES_SYNTAX): string[] =>
  splitStatements(script, syntax).map(({ text }) => text);

describe("a script in any dialect", () => {
  it.each([
    ["postgres", POSTGRES_SYNTAX],
    ["mariadb", MARIADB_SYNTAX],
    ["clickhouse", CLICKHOUSE_SYNTAX],
  ])("ends its statements with a semicolon outside of strings, names and comments: %s", (_kind, syntax) => {
    const script = `
-- a comment; with a semicolon
CREATE TABLE a (x int); /* another; one */
INSERT INTO a VALUES ('it''s; fine', "odd;name");
;;
SELECT 1 -- the end; without one
`;
    expect(splitStatements(script, syntax)).toEqual([
      { text: "CREATE TABLE a (x int)", line: 3 },
      { text: `INSERT INTO a VALUES ('it''s; fine', "odd;name")`, line: 4 },
      { text: "SELECT 1 -- the end; without one", line: 6 },
    ]);
  });

  it("of comments alone has none", () => {
    expect(texts("-- nothing\n/* to do */\n;\n")).toEqual([]);
    expect(texts("")).toEqual([]);
  });

  it.each([
    ["SELECT 1;\nSELECT 'open", 2, "what begins with '"],
    ["SELECT 1; /* open", 1, "the comment"],
    ["\n\nDO $body$ open", 3, "the text in $body$"],
    ['SELECT "open', 1, 'what begins with "'],
  ])("that does not end is refused: %j", (script, line, message) => {
    const split = (): unknown => splitStatements(script, POSTGRES_SYNTAX);
    expect(split).toThrow(SqlScriptError);
    expect(split).toThrow(expect.objectContaining({ line, message: expect.stringContaining(message) }));
  });
});

describe("PostgreSQL", () => {
  it("keeps dollar quotes whole, also within one another, and tells them from parameters", () => {
    const body = "DO $$ BEGIN PERFORM $x$ ; $$ ; $x$; END $$";
    expect(texts("DO $a$ SELECT $$;$$; $a$; SELECT $1; SELECT a$b$c")).toEqual([
      "DO $a$ SELECT $$;$$; $a$",
      "SELECT $1",
      "SELECT a$b$c",
    ]);
    expect(texts(`${body.replace("$x$ ; $$ ; $x$", "';'")}; SELECT 2`)).toHaveLength(2);
  });

  it("keeps escapes in E strings alone, and nested comments", () => {
    expect(texts(`SELECT E'a\\';b'; SELECT 'c\\'; SELECT 2 /* a /* b */ ; */`)).toEqual([
      "SELECT E'a\\';b'",
      "SELECT 'c\\'",
      "SELECT 2 /* a /* b */ ; */",
    ]);
  });

  it("keeps the body of an SQL routine whole", () => {
    const routine =
      "CREATE FUNCTION f() RETURNS int LANGUAGE SQL BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END";
    expect(texts(`${routine}; SELECT 3; BEGIN; COMMIT`)).toEqual([routine, "SELECT 3", "BEGIN", "COMMIT"]);
  });

  it("refuses a body that does not end, and says where it begins", () => {
    expect(() =>
      splitStatements("SELECT 1;\nCREATE PROCEDURE p() BEGIN ATOMIC SELECT 1;", POSTGRES_SYNTAX),
    ).toThrow(expect.objectContaining({ line: 2 }));
  });
});

describe("MariaDB", () => {
  it.each([
    "CREATE PROCEDURE p() BEGIN SELECT 1; IF a THEN SELECT 2; ELSEIF b THEN SELECT IF(1, 2, 3); END IF; END",
    "CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW BEGIN SET NEW.a = CASE WHEN 1 THEN 2 END; END",
    "CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW IF NEW.a IS NULL THEN SET NEW.a = 1; END IF",
    "CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW SET NEW.a = 1",
    "CREATE OR REPLACE DEFINER=`root`@`%` FUNCTION f() RETURNS int BEGIN WHILE x DO SET x = x - 1; END WHILE; RETURN 1; END",
    "CREATE PROCEDURE p() BEGIN l: LOOP LEAVE l; END LOOP l; REPEAT SET @a = REPEAT('x', 2); UNTIL 1 END REPEAT; END",
    "CREATE PROCEDURE p() BEGIN DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; END; CASE 1 WHEN 1 THEN SELECT 1; END CASE; END",
    "CREATE PROCEDURE IF NOT EXISTS p() BEGIN DROP TABLE IF EXISTS a; IF NOT b THEN SELECT 1; END IF; END",
    "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO BEGIN DELETE FROM a; END",
    "BEGIN NOT ATOMIC SELECT 1; SELECT 2; END",
    "/*!40101 SET NAMES utf8 */",
  ])("keeps a program whole: %s", (program) => {
    expect(texts(`SELECT 0;\n${program};\nSELECT 9;`, MARIADB_SYNTAX)).toEqual([
      "SELECT 0",
      program,
      "SELECT 9",
    ]);
  });

  it("takes another delimiter", () => {
    const script = "DELIMITER //\nCREATE PROCEDURE p()\nBEGIN SELECT 1; END//\nDELIMITER ;\nSELECT 2;";
    expect(texts(script, MARIADB_SYNTAX)).toEqual(["CREATE PROCEDURE p()\nBEGIN SELECT 1; END", "SELECT 2"]);
  });

  it("knows its escapes and comments", () => {
    expect(texts("SELECT 'a\\';b' # c; d\n; SELECT 1--2; SELECT `a;b`", MARIADB_SYNTAX)).toEqual([
      "SELECT 'a\\';b' # c; d",
      "SELECT 1--2",
      "SELECT `a;b`",
    ]);
  });

  it("does not take columns called begin or case for programs", () => {
    expect(texts("CREATE TABLE a (`begin` int, end_at int); SELECT 1", MARIADB_SYNTAX)).toHaveLength(2);
    expect(texts("START TRANSACTION; COMMIT; BEGIN; COMMIT", MARIADB_SYNTAX)).toHaveLength(4);
  });
});

describe("SQL Server", () => {
  it("ends batches with GO on a line of its own, and with nothing else", () => {
    const script = `CREATE TABLE a (x int);
INSERT INTO a VALUES (1);
GO
CREATE PROCEDURE p AS BEGIN SELECT 1; SELECT '
go
'; END
go -- done
SELECT [go;], [a]]b] /* /* */
GO
*/`;
    expect(splitStatements(script, SQLSERVER_SYNTAX)).toEqual([
      { text: "CREATE TABLE a (x int);\nINSERT INTO a VALUES (1);", line: 1 },
      { text: "CREATE PROCEDURE p AS BEGIN SELECT 1; SELECT '\ngo\n'; END", line: 4 },
      { text: "SELECT [go;], [a]]b] /* /* */\nGO\n*/", line: 8 },
    ]);
  });

  it("repeats a batch as often as GO says", () => {
    expect(texts("INSERT INTO a DEFAULT VALUES\nGO 3\n", SQLSERVER_SYNTAX)).toHaveLength(3);
    expect(() => texts("SELECT 1\nGO 0\n", SQLSERVER_SYNTAX)).toThrow(SqlScriptError);
    expect(texts("SELECT 1 AS go\n", SQLSERVER_SYNTAX)).toEqual(["SELECT 1 AS go"]);
  });
});

it("every statement of a long script has its own line", () => {
  const script = Array.from({ length: 20_000 }, (_, i) => `INSERT INTO a\n  VALUES (${i}, 'a;b');`).join(
    "\n",
  );
  const found = splitStatements(script, POSTGRES_SYNTAX);
  expect(found.map(({ line }) => line)).toEqual(found.map((_, i) => 2 * i + 1));
  expect(found).toHaveLength(20_000);
});

it("text of any kind is split without losing a statement's characters", () => {
  const pieces = ["a", "'x;y'", '"q;"', "/* ; */", "$t$;$t$", "E'\\';'", "-- c;\n", "(", ")", "1"];
  for (let seed = 1; seed < 200; seed++) {
    let state = seed;
    const next = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below;
    const statements = Array.from({ length: 1 + next(5) }, () =>
      ["word", ...Array.from({ length: next(8) }, () => pieces[next(pieces.length)] ?? "")].join(" "),
    );
    const ended = statements.map((text) => (text.includes("-- c;") ? `${text}\n` : text));
    expect(texts(ended.join(";")).map((text) => text.trim())).toEqual(ended.map((text) => text.trim()));
  }
});
