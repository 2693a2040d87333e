import type pg from "pg";

/** One thing that has to be so in the end. */
export interface Check {
  readonly what: string;
  readonly good: boolean;
  readonly says: string;
}

/** What was given to the platform, and acknowledged. */
export interface Given {
  /** Rows that were pushed, numbered from 0. */
  readonly pushed: number;
  /** Rows in files, numbered from 0. */
  readonly files: number;
}

const NUMBERS = (table: string): string =>
  `SELECT count(*)::integer AS rows, count(DISTINCT n)::integer AS numbers, coalesce(max(n), -1)::integer + 1 AS upto FROM ${table}`;

interface Counted {
  readonly rows: number;
  readonly numbers: number;
  readonly upto: number;
}

/** Counts every row: none missing, none double. */
export async function checkRows(pool: pg.Pool, { pushed, files }: Given): Promise<Check[]> {
  const count = async (table: string): Promise<Counted> =>
    (await pool.query<Counted>(NUMBERS(table))).rows[0] ?? { rows: 0, numbers: 0, upto: 0 };
  const [fed, taken, read] = [await count("feed"), await count("pushed"), await count("files")];
  const whole = ({ rows, numbers, upto }: Counted): boolean =>
    rows > 0 && rows === numbers && numbers === upto;
  const say = ({ rows, numbers, upto }: Counted): string =>
    `${rows} rows, ${numbers} different, up to ${upto}`;
  const { rows: pulled } = await pool.query<{ n: number }>("SELECT count(*)::integer AS n FROM pull");
  const { rows: twice } = await pool.query<{ n: number; all: number }>(
    `SELECT count(*)::integer AS n, (SELECT count(*)::integer FROM samples) AS all
     FROM (SELECT FROM samples GROUP BY variable, time HAVING count(*) > 1) AS doubled`,
  );
  return [
    { what: "live feed", good: whole(fed), says: say(fed) },
    {
      what: "pushed",
      good: whole(taken) && taken.rows === pushed,
      says: `${say(taken)}, ${pushed} acknowledged`,
    },
    { what: "files", good: whole(read) && read.rows === files, says: `${say(read)}, ${files} written` },
    { what: "pulled", good: pulled[0]?.n === 1_000, says: `${pulled[0]?.n} of 1000 rows` },
    {
      what: "samples",
      good: twice[0]?.n === 0 && twice[0].all > 0,
      says: `${twice[0]?.all} rows, ${twice[0]?.n} double`,
    },
  ];
}
