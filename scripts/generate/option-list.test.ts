import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OptionReader } from "./option-list.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "option-list-"));
  await writeFile(
    path.join(root, "shared.ts"),
    `import { z } from "zod";
     export const retry = z.strictObject({ /** Tries. */ attempts: z.number().int().default(5) });
     export const common = { /** Longest wait. */ timeoutMs: z.number().optional() };`,
  );
  await writeFile(
    path.join(root, "options.ts"),
    `import { z } from "zod";
     import { common, retry as again } from "./shared.ts";
     const name = z.string().min(1);
     import { secretReference, secretText } from "@millrace/core";
     export const sourceOptions = z.strictObject({
       ...common,
       /** Where it is,
        *  or what. */
       url: z.union([name, z.instanceof(URL)]),
       token: secretText(z.string().regex(/x/)).optional(),
       key: z.union([z.string(), secretReference]),
       mode: z.enum(["a", "b"]).default("a"),
       /** How to try again. */
       retry: again.optional(),
       routes: z.array(z.strictObject({ path: name })).default([]),
       tables: z.record(name, z.strictObject({ key: z.array(name) })).optional(),
       make: z.custom<() => string>((value) => typeof value === "function").optional(),
     }).superRefine(() => undefined);`,
  );
});
afterAll(() => rm(root, { recursive: true, force: true }));

test("options are read with their comments, through spreads, constants and files, nested ones with dots", async () => {
  const options = await new OptionReader(root).options("options.ts", "sourceOptions");
  expect(options.map(({ name, takes, required, doc }) => [name, takes, required, doc])).toEqual([
    ["timeoutMs", "number", false, "Longest wait."],
    ["url", "text or `URL`", true, "Where it is, or what."],
    ["token", "text or `secret()`", false, ""],
    ["key", "text or `secret()`", true, ""],
    ["mode", '`"a"`, `"b"`', false, ""],
    ["retry", "object", false, "How to try again."],
    ["retry.attempts", "whole number", false, "Tries."],
    ["routes", "list of objects", false, ""],
    ["routes[].path", "text", true, ""],
    ["tables", "object of objects", false, ""],
    ["tables.*.key", "list of text", true, ""],
    ["make", "function", false, ""],
  ]);
});

test("a constant that does not exist is an error that names it", async () => {
  await expect(new OptionReader(root).options("options.ts", "otherOptions")).rejects.toThrow(
    "options.ts: there is no constant otherOptions",
  );
});
