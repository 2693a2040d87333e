import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeTapFolder } from "./tap-folder.ts";

const MODULE = new URL("tap-folder.ts", import.meta.url).href;

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), "millrace-tap-folder-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

test("the folder that a killed process left is removed at the next start, and no other", async () => {
  const code = `
    const { makeTapFolder } = await import(${JSON.stringify(MODULE)});
    const { writeFileSync } = await import("node:fs");
    writeFileSync(await makeTapFolder(${JSON.stringify(root)}) + "/config.json", "{}");
    process.kill(process.pid, "SIGKILL");`;
  const killed = promisify(execFile)(process.execPath, ["--input-type=module", "-e", code]);
  await expect(killed).rejects.toMatchObject({ signal: "SIGKILL" });
  expect(await readdir(root)).toHaveLength(1);
  // As another container would name it, with the number of a process that is none here.
  await mkdir(path.join(root, "millrace-singer-00000000-999999999-x"));
  await writeFile(path.join(root, "millrace-singer-notes"), "");
  const own = [await makeTapFolder(root), await makeTapFolder(root)].map((each) => path.basename(each));
  expect((await readdir(root)).toSorted()).toEqual(
    [...own, "millrace-singer-00000000-999999999-x", "millrace-singer-notes"].toSorted(),
  );
});

test("a folder with this process's number that is older than the process is removed, as in a container that starts again", async () => {
  const folder = await makeTapFolder(root);
  await utimes(folder, new Date(0), new Date(0));
  const next = await makeTapFolder(root);
  expect(await readdir(root)).toEqual([path.basename(next)]);
});

test.skipIf(process.platform === "win32")("nobody else can read it", async () => {
  expect(((await stat(await makeTapFolder(root))).mode & 0o777).toString(8)).toBe("700");
});
