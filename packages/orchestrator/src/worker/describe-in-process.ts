import { MillraceError } from "@millrace/core";
import type { ProjectDescription } from "../registry/describe.ts";
import { type ProcessProgram, RunProcess } from "./run-process.ts";
import { readLines } from "./output-lines.ts";

/** Longest time that loading a project's files may take, in milliseconds. */
const LIMIT_MS = 60_000;
const MEMORY_MB = 1_024;
const LINES = 20;

/**
 * What a project holds, found by a process of its own: no code of a project runs in this one. Fails with
 * MLR_PROJECT_INVALID where that process ends before it has told, or takes longer than a minute.
 */
export async function describeInProcess(program: ProcessProgram, root: string): Promise<ProjectDescription> {
  const child = new RunProcess(program, MEMORY_MB);
  const lines: string[] = [];
  const keep = (line: string): void => void (lines.push(line) > LINES && lines.shift());
  if (child.child.stdout !== null) readLines(child.child.stdout, keep);
  if (child.child.stderr !== null) readLines(child.child.stderr, keep);
  let described: ProjectDescription | undefined;
  child.listen((message) => {
    if (message.type === "described") described = message.project;
  });
  child.send({ type: "describe", root });
  const late = setTimeout(() => child.kill(), LIMIT_MS);
  const exit = await child.exited;
  clearTimeout(late);
  if (described !== undefined) return described;
  const how = exit.signal === null ? `exit code ${exit.code}` : exit.signal;
  throw new MillraceError("MLR_PROJECT_INVALID", `Loading the project in ${root} ended with ${how}`, {
    hint: `The last that it said: ${lines.at(-1) ?? "nothing"}`,
    details: { root, output: lines },
  });
}
