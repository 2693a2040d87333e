import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { projectStamp } from "./project-stamp.ts";

const root = mkdtempSync(join(tmpdir(), "millrace-stamp-"));
afterAll(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(join(root, path, ".."), { recursive: true });
  writeFileSync(join(root, path), text);
}

it("changes with what the configuration may load, and with nothing else", () => {
  write("millrace.config.ts", "export default {};");
  let last = projectStamp(root);
  const changes = (): boolean => {
    const before = last;
    last = projectStamp(root);
    return before !== last;
  };
  expect(changes()).toBe(false);
  for (const file of [".env", "connectors/deep/shop.ts", "names.json", "helper.mjs"]) {
    write(file, "1");
    expect([file, changes()]).toEqual([file, true]);
  }
  write("connectors/deep/shop.ts", "22");
  expect(changes()).toBe(true);
  utimesSync(join(root, "names.json"), 1, 1);
  expect(changes()).toBe(true);
  rmSync(join(root, ".env"));
  expect(changes()).toBe(true);
  for (const file of [
    "pipelines/a.ts",
    "tasks/b.ts",
    ".millrace/x.json",
    "node_modules/p/i.js",
    "notes.txt",
  ]) {
    write(file, "1");
    expect([file, changes()]).toEqual([file, false]);
  }
});

it("is not known of a project with very many files, and of a folder that is gone there is nothing", () => {
  expect(projectStamp(join(root, "gone"))).toBe("");
  for (let i = 0; i <= 500; i++) write(`many/${i}.json`, "1");
  expect(projectStamp(root)).toBeUndefined();
});
