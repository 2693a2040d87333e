import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chown, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EmbeddedPostgres } from "@millrace/platform";
import { childCommand, spawnChild } from "./child.ts";
import { removeFolder, temporaryFolder } from "./temporary.ts";

/** Debian's nobody. Any user without rights would do. */
const NOBODY = 65_534;
const AS_NOBODY = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
const SETPRIV = "setpriv";
const PREFIX = [SETPRIV, ...AS_NOBODY];

function canBecomeNobody(): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  const [program = ""] = childCommand("ensure-server");
  return spawnSync(SETPRIV, [...AS_NOBODY, program, "--version"], { stdio: "ignore" }).status === 0;
}

const able = canBecomeNobody();
if (!able) process.stderr.write("skipped: to try as another ordinary user needs root, setpriv and Linux\n");

describe.skipIf(!able)("an ordinary user without other rights", () => {
  let folder: string;
  let directory: string;
  beforeAll(async () => {
    folder = await temporaryFolder();
    directory = join(folder, "home", ".millrace", "postgres");
    await mkdir(join(folder, "home"), { mode: 0o700 });
    await chown(join(folder, "home"), NOBODY, NOBODY);
  });
  afterAll(async () => {
    await EmbeddedPostgres.reset({ directory, confirm: true });
    await removeFolder(folder);
  });

  async function ensureAsNobody(at = directory): Promise<Record<string, unknown>> {
    const child = spawnChild("ensure-server", { args: [at], prefix: PREFIX });
    const told = JSON.parse(await child.line()) as Record<string, unknown>;
    await child.kill();
    return told;
  }

  it("makes, starts and finds the server as themselves", async () => {
    const told = await ensureAsNobody();
    expect(told).toMatchObject({ started: true, notices: [] });
    expect((await stat(`/proc/${String(told["pid"])}`)).uid).toBe(NOBODY);
    expect(await ensureAsNobody()).toMatchObject({ started: false, pid: told["pid"] });
  });

  it("starts it although another process of theirs has the old pid", async () => {
    const { pid } = await EmbeddedPostgres.ensure({ directory });
    const pidFile = join(directory, "data", "postmaster.pid");
    const text = await readFile(pidFile, "utf8");
    await EmbeddedPostgres.stop({ directory });
    const idle = [process.execPath, "-e", "setInterval(() => {}, 1000)"];
    const stranger = spawn(SETPRIV, [...AS_NOBODY, ...idle], { stdio: "ignore" });
    try {
      await writeFile(pidFile, text.replace(String(pid), String(stranger.pid)));
      expect(await ensureAsNobody()).toMatchObject({ started: true });
    } finally {
      stranger.kill("SIGKILL");
      await once(stranger, "close");
    }
  });

  it("is told which folder they may not write to", async () => {
    const told = await ensureAsNobody(join(folder, "not-theirs", "postgres"));
    expect(told["error"]).toMatchObject({
      code: "MLR_DATABASE_START",
      message: expect.stringContaining(join(folder, "not-theirs")),
      hint: expect.stringContaining("write permission"),
    });
  });

  it("shares the server with root", async () => {
    const { pid } = await ensureAsNobody();
    expect(await EmbeddedPostgres.ensure({ directory })).toMatchObject({ started: false, pid });
    expect(await EmbeddedPostgres.stop({ directory })).toBe(true);
    const again = await EmbeddedPostgres.ensure({ directory });
    expect((await stat(`/proc/${again.pid}`)).uid).toBe(NOBODY);
    expect(await ensureAsNobody()).toMatchObject({ started: false, pid: again.pid });
  });
});
