import { storableJson } from "@millrace/platform";
import type pg from "pg";
import { runNameOf } from "../task/enqueue-job.ts";
import type { TaskDescription } from "./describe-task.ts";

/** Slots that tasks with a limit of their own have, by the pool that their jobs are in. */
export function poolsOf(tasks: readonly TaskDescription[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    tasks
      .filter(({ concurrency }) => concurrency > 0)
      .map(({ name, concurrency }) => [`pipeline:${runNameOf(name)}`, concurrency]),
  );
}

/** Makes the registry of tasks what the project says. @param incomplete leaves those that are not among `tasks` as they are */
export async function putTasks(
  client: pg.ClientBase,
  tasks: readonly TaskDescription[],
  incomplete: boolean,
): Promise<void> {
  await client.query(PUT, [
    storableJson(
      tasks.map(({ name, description, file, codeVersion, limits, backoff, input }) => ({
        ...{ name, description, file, limits, backoff, input },
        code_version: codeVersion,
      })),
    ),
  ]);
  if (incomplete) return;
  await client.query(
    `UPDATE millrace_control.tasks SET retired_at = clock_timestamp(), updated_at = clock_timestamp()
     WHERE retired_at IS NULL AND name <> ALL ($1)`,
    [tasks.map(({ name }) => name)],
  );
}

const COLUMNS = ["description", "file", "code_version", "limits", "backoff", "input"];

const PUT = `
  INSERT INTO millrace_control.tasks AS known (name, ${COLUMNS.join(", ")})
  SELECT name, ${COLUMNS.join(", ")}
  FROM jsonb_to_recordset($1::jsonb) AS given (name text, description text, file text, code_version text, limits jsonb,
    backoff jsonb, input jsonb)
  ON CONFLICT (name) DO UPDATE SET
    ${COLUMNS.map((name) => `${name} = excluded.${name}`).join(", ")}, updated_at = clock_timestamp(), retired_at = NULL
  WHERE (${COLUMNS.map((name) => `known.${name}`).join(", ")})
      IS DISTINCT FROM (${COLUMNS.map((name) => `excluded.${name}`).join(", ")})
    OR known.retired_at IS NOT NULL`;
