import { MillraceError } from "../errors.ts";
import type { Task } from "./define-task.ts";

/** What a task takes, made of what a job was given, with the defaults. Fails with MLR_TASK_INPUT_INVALID, which tells no value. */
export async function checkTaskInput(
  { name, input }: Pick<Task, "name" | "input">,
  payload: unknown,
): Promise<unknown> {
  if (input === undefined) return payload;
  const parsed = await input.safeParseAsync(payload);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path, message }) => ({ field: path.join("."), message }));
  throw new MillraceError(
    "MLR_TASK_INPUT_INVALID",
    `task "${name}": ${fields.map(({ field, message }) => (field === "" ? message : `"${field}": ${message}`)).join("; ")}`,
    {
      hint: "The payload has to be what the task's input says.",
      details: { task: name, fields },
      retry: "never",
    },
  );
}
