import type pg from "pg";
import { AFTER, BEFORE, LEFT } from "./definition-queries.ts";

/** How the tables of a database are made. */
export interface Definitions {
  /** Makes what rows need: schemas, sequences, functions, tables. */
  readonly before: string[];
  /** Makes what is better made when rows are there: keys, indexes, partitions, views, triggers. */
  readonly after: string[];
  /** What is not among them, for people. */
  readonly left: string[];
}

/** Reads the definitions out of PostgreSQL's catalogue; names come with their schema. */
export async function readDefinitions(client: pg.Client, schemas: readonly string[]): Promise<Definitions> {
  const read = async (query: string): Promise<string[]> => {
    const { rows } = await client.query<{ statement: string }>(query, [schemas]);
    return rows.map(({ statement }) => statement);
  };
  return { before: await read(BEFORE), after: await read(AFTER), left: await read(LEFT) };
}
