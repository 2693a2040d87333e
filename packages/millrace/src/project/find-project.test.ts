import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MillraceError } from "@millrace/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findProject } from "./find-project.ts";

let root: string;
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "millrace-find-")));
});
afterEach(() => rm(root, { recursive: true, force: true }));

test("the project is found from any folder inside it", async () => {
  await writeFile(join(root, "millrace.config.ts"), "");
  await mkdir(join(root, "a", "b"), { recursive: true });
  expect(findProject(join(root, "a", "b"))).toEqual({
    root,
    configFile: join(root, "millrace.config.ts"),
  });
});

test("a folder of pipelines makes a project as well, and the nearest one counts", async () => {
  await writeFile(join(root, "millrace.config.ts"), "");
  await mkdir(join(root, "inner", "pipelines"), { recursive: true });
  expect(findProject(join(root, "inner")).root).toBe(join(root, "inner"));
});

test("a file named pipelines makes no project", async () => {
  await writeFile(join(root, "pipelines"), "");
  expect(() => findProject(root)).toThrow(MillraceError);
});

test("a folder that does not exist is named in the error", () => {
  expect(() => findProject(join(root, "nowhere"))).toThrow(/nowhere does not exist/);
});
