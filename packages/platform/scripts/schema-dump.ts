import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { migrate } from "../src/store/migrate.ts";
import { startTestPostgres } from "../src/testing/index.ts";

const FILE = fileURLToPath(new URL("../schema.sql", import.meta.url));

/** What all migrations together make, as SQL for people to read: `packages/platform/schema.sql`. Starts a PostgreSQL of its own. */
export async function dumpControlSchema(): Promise<string> {
  const server = await startTestPostgres();
  try {
    return await dumpFrom(await server.createDatabase());
  } finally {
    await server.stop();
  }
}

/** Migrates the empty database of that URL and describes its schema `millrace_control`. */
export async function dumpFrom(url: string): Promise<string> {
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  try {
    await migrate(pool);
    const { rows } = await pool.query<{ statement: string }>(STATEMENTS);
    const head = "-- The control tables. Generated from migrations/ by `npm run generate`; do not edit.\n\n";
    return `${head}${rows.map(({ statement }) => statement).join("\n\n")}\n`;
  } finally {
    await pool.end();
  }
}

const STATEMENTS = `
  WITH tables AS (
    SELECT class.oid, class.relname, class.reloptions, class.relkind FROM pg_class AS class
    WHERE class.relnamespace = 'millrace_control'::regnamespace AND class.relkind IN ('r', 'p') AND NOT class.relispartition
  ), lines AS (
    SELECT attrelid AS oid, 1 AS part, attnum::text AS place, format('  %I %s%s%s', attname, format_type(atttypid, atttypmod),
      CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END, ' DEFAULT ' || pg_get_expr(adbin, adrelid)) AS line, attnum
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attnum > 0 AND NOT attisdropped AND attrelid IN (SELECT oid FROM tables)
    UNION ALL
    SELECT conrelid, 2, conname, format('  CONSTRAINT %I %s', conname, pg_get_constraintdef(oid)), 0
    FROM pg_constraint WHERE conrelid IN (SELECT oid FROM tables) AND contype <> 'n'
  )
  SELECT statement FROM (
    SELECT tables.relname AS owner, 0 AS part, '' AS name,
      format(E'CREATE TABLE millrace_control.%I (\\n%s\\n)%s%s;', tables.relname,
        string_agg(lines.line, E',\\n' ORDER BY lines.part, lines.attnum, lines.place),
        CASE WHEN tables.relkind = 'p' THEN ' PARTITION BY ' || pg_get_partkeydef(tables.oid) END,
        ' WITH (' || array_to_string(tables.reloptions, ', ') || ')') AS statement
    FROM tables JOIN lines USING (oid) GROUP BY tables.oid, tables.relname, tables.reloptions, tables.relkind
    UNION ALL
    SELECT tables.relname, 1, indexrelid::regclass::text, pg_get_indexdef(indexrelid) || ';'
    FROM pg_index JOIN tables ON tables.oid = indrelid
    WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
    UNION ALL
    SELECT '~', 2, proname, rtrim(pg_get_functiondef(oid), E'\\n') || ';' FROM pg_proc
    WHERE pronamespace = 'millrace_control'::regnamespace
    UNION ALL
    SELECT relname, 3, '', format(E'CREATE VIEW millrace_control.%I AS\\n%s', relname, pg_get_viewdef(oid, true)) FROM pg_class
    WHERE relnamespace = 'millrace_control'::regnamespace AND relkind = 'v'
    UNION ALL
    SELECT tables.relname, 4, tgname, pg_get_triggerdef(pg_trigger.oid, true) || ';' FROM pg_trigger
    JOIN tables ON tables.oid = tgrelid WHERE NOT tgisinternal
  ) AS statements ORDER BY owner COLLATE "C", part, name COLLATE "C"`;

// `node packages/platform/scripts/schema-dump.ts [--check]`
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wanted = await dumpControlSchema();
  if (process.argv.includes("--check")) {
    const same = (await readFile(FILE, "utf8").catch(() => "")) === wanted;
    if (!same) process.stderr.write("packages/platform/schema.sql is not what the migrations make\n");
    process.exitCode = same ? 0 : 1;
  } else {
    await writeFile(FILE, wanted);
  }
}
