import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadSettings } from "../settings.ts";
import { checkOwnCode, readPrivateFile } from "./file-access.ts";

const posix = process.platform !== "win32";
const root = process.getuid?.() === 0;

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "millrace files-"));
  path = join(directory, ".env");
});
afterEach(() => rm(directory, { recursive: true }));

async function write(mode: number): Promise<void> {
  await writeFile(path, "API_KEY=x\n");
  await chmod(path, mode);
}

describe.runIf(posix)("a file with secrets", () => {
  it.each([0o644, 0o640, 0o604, 0o660, 0o620, 0o602])("is refused with mode %o", async (mode) => {
    await write(mode);
    const reading = readPrivateFile({ path });
    await expect(reading).rejects.toMatchObject({
      code: "MLR_FILE_EXPOSED",
      details: { file: path, mode: mode.toString(8) },
      hint: expect.stringContaining(`chmod 600 '${path}'`),
    });
    await expect(reading).rejects.toThrow(`by others (mode ${mode.toString(8)})`);
  });

  it.each([0o600, 0o400, 0o700])("is read with mode %o", async (mode) => {
    await write(mode);
    await expect(readPrivateFile({ path })).resolves.toBe("API_KEY=x\n");
  });

  it("is accepted with a warning where the environment says so", async () => {
    await write(0o644);
    const settings = await loadSettings({ directory, environment: { MILLRACE_ALLOW_OPEN_FILES: "true" } });
    expect(settings.dotenv).toEqual({ API_KEY: "x" });
    expect(settings.warnings).toEqual([
      `${path} can be read by others (mode 644); MILLRACE_ALLOW_OPEN_FILES accepts it.`,
    ]);
    await expect(loadSettings({ directory, environment: {} })).rejects.toThrow("can be read by others");
  });

  it("cannot vouch for itself", async () => {
    await writeFile(path, "MILLRACE_ALLOW_OPEN_FILES=true\n", { mode: 0o644 });
    await expect(loadSettings({ directory, environment: {} })).rejects.toMatchObject({
      code: "MLR_FILE_EXPOSED",
    });
    await chmod(path, 0o600);
    const settings = await loadSettings({ directory, environment: {} });
    expect(settings.values.allowOpenFiles).toBe(false);
    expect(settings.warnings).toEqual([
      "MILLRACE_ALLOW_OPEN_FILES (from .env) is left out: it counts in the environment alone",
    ]);
  });

  it("that this user may not read is told with its owner", async () => {
    await write(0o600);
    await chmod(directory, 0o755);
    if (root) process.seteuid?.(65_534);
    else await chmod(path, 0o000);
    try {
      await expect(readPrivateFile({ path })).rejects.toMatchObject({
        code: "MLR_SETTINGS_INVALID",
        message: expect.stringMatching(
          /cannot be read: this user may not \(it belongs to user \d+, mode \d{3}/,
        ),
      });
    } finally {
      if (root) process.seteuid?.(0);
    }
  });
});

it("a file that is not there is no error, a folder in its place is told", async () => {
  await expect(readPrivateFile({ path })).resolves.toBeUndefined();
  await mkdir(path);
  await chmod(path, 0o700);
  await expect(readPrivateFile({ path })).rejects.toThrow("it is a folder");
});

describe.runIf(posix)("a file whose code runs", () => {
  it("may be read by others, and not be written by them", async () => {
    await write(0o644);
    await expect(checkOwnCode({ path })).resolves.toBeUndefined();
    await chmod(path, 0o646);
    await expect(checkOwnCode({ path })).rejects.toMatchObject({
      code: "MLR_FILE_EXPOSED",
      message: `${path} can be written by others (mode 646)`,
      hint: expect.stringContaining("chmod go-w"),
    });
  });

  it("may be written by the owner's own group, which many systems make, and by no other", async () => {
    await write(0o664);
    const gid = process.getgid?.();
    const uid = process.getuid?.();
    const checked = checkOwnCode({ path });
    if (gid === uid) await expect(checked).resolves.toBeUndefined();
    else await expect(checked).rejects.toThrow("can be written by others");
    if (!root) return;
    const { chown } = await import("node:fs/promises");
    await chown(path, 0, 100);
    await expect(checkOwnCode({ path })).rejects.toThrow("can be written by others");
  });

  it("that is not there is no error", async () => {
    await expect(checkOwnCode({ path })).resolves.toBeUndefined();
  });
});
