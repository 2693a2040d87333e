import pg from "pg";
import { psql } from "../lib/database.ts";
import { TABLE_SQL } from "../lib/rows.ts";

const COLUMNS = ["name", "email", "country", "quantity", "amount", "score", "active", "created", "day"];
const ALL = ["id", ...COLUMNS];

/** What most teams write: COPY into a staging table, archive what differs, MERGE, archive and delete what is gone. */
export async function handWrittenMerge(url: string, table: string, file: string): Promise<void> {
  const differs = `(${COLUMNS.map((c) => `t.${c}`).join(", ")}) IS DISTINCT FROM (${COLUMNS.map((c) => `s.${c}`).join(", ")})`;
  await withStaging({ url, table, file, unlogged: false }, async (client, staging) => {
    await client.query("BEGIN");
    await client.query(
      `INSERT INTO ${table}__history SELECT t.*, 'update', ${changedFields()}, now() FROM ${table} t JOIN ${staging} s USING (id) WHERE ${differs}`,
    );
    await client.query(
      `MERGE INTO ${table} t USING ${staging} s ON t.id = s.id
       WHEN MATCHED AND ${differs} THEN UPDATE SET ${COLUMNS.map((c) => `${c} = s.${c}`).join(", ")}
       WHEN NOT MATCHED THEN INSERT (${ALL.join(", ")}) VALUES (${ALL.map((c) => `s.${c}`).join(", ")})`,
    );
    await client.query(
      `WITH gone AS (DELETE FROM ${table} t WHERE NOT EXISTS (SELECT 1 FROM ${staging} s WHERE s.id = t.id) RETURNING t.*)
       INSERT INTO ${table}__history SELECT gone.*, 'remove', '{}', now() FROM gone`,
    );
    await client.query("COMMIT");
  });
}

/** What an expert writes: unlogged staging and one full join into a small table of differences, applied from there. */
export async function expertMerge(url: string, table: string, file: string): Promise<void> {
  await withStaging({ url, table, file, unlogged: true }, async (client, staging) => {
    await client.query("BEGIN");
    await client.query(
      `CREATE TEMP TABLE diff ON COMMIT DROP AS
       SELECT coalesce(t.id, s.id) AS id, CASE WHEN t.id IS NULL THEN 'i' WHEN s.id IS NULL THEN 'd' ELSE 'u' END AS op
       FROM ${table} t FULL JOIN ${staging} s ON t.id = s.id
       WHERE t.id IS NULL OR s.id IS NULL OR (${COLUMNS.map((c) => `t.${c}`).join(", ")}) IS DISTINCT FROM (${COLUMNS.map((c) => `s.${c}`).join(", ")})`,
    );
    await client.query(
      `INSERT INTO ${table}__history SELECT t.*, 'update', ${changedFields()}, now() FROM diff d JOIN ${table} t USING (id) JOIN ${staging} s USING (id) WHERE d.op = 'u'`,
    );
    await client.query(
      `UPDATE ${table} t SET ${COLUMNS.map((c) => `${c} = s.${c}`).join(", ")} FROM diff d JOIN ${staging} s USING (id) WHERE d.op = 'u' AND t.id = d.id`,
    );
    await client.query(
      `WITH gone AS (DELETE FROM ${table} t USING diff d WHERE d.op = 'd' AND t.id = d.id RETURNING t.*)
       INSERT INTO ${table}__history SELECT gone.*, 'remove', '{}', now() FROM gone`,
    );
    await client.query(
      `INSERT INTO ${table} SELECT s.* FROM diff d JOIN ${staging} s USING (id) WHERE d.op = 'i'`,
    );
    await client.query("COMMIT");
  });
}

function changedFields(): string {
  return `array_remove(ARRAY[${COLUMNS.map((c) => `CASE WHEN t.${c} IS DISTINCT FROM s.${c} THEN '${c}' END`).join(", ")}], NULL)`;
}

async function withStaging(
  options: { url: string; table: string; file: string; unlogged: boolean },
  work: (client: pg.Client, staging: string) => Promise<void>,
): Promise<void> {
  const staging = `${options.table}_staging`;
  const client = new pg.Client({ connectionString: options.url });
  await client.connect();
  try {
    await client.query(`DROP TABLE IF EXISTS ${staging}`);
    await client.query(`CREATE ${options.unlogged ? "UNLOGGED " : ""}TABLE ${staging} (${TABLE_SQL})`);
    await psql(options.url, `\\copy ${staging} from '${options.file}'`);
    await client.query(`ANALYZE ${staging}`);
    await work(client, staging);
    await client.query(`DROP TABLE ${staging}`);
  } finally {
    await client.end();
  }
}
