import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { COMMANDS } from "./commands.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { main } from "./main.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-main-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Spoken {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function millrace(...argv: string[]): Promise<Spoken> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await main(argv, {
    cwd: folder,
    stdin: process.stdin,
    stdout: stdout as unknown as NodeJS.WriteStream,
    stderr: stderr as unknown as NodeJS.WriteStream,
  });
  const text = (stream: PassThrough): string => String(stream.read() ?? "");
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

describe("what cannot be understood", () => {
  test.each([
    [["lst"], "Did you mean list?"],
    [["list", "--jsn"], "Did you mean --json?"],
    [["db", "strat"], "Did you mean start?"],
    [["db", "bogus"], "millrace db --help"],
    [["runs", "--limit", "0"], "millrace runs --help"],
    [["run", "x", "--param", "=1"], "name=value"],
    [["init"], "Missing required argument"],
    [["new", "x", "--from", "cvs"], 'Did you mean "csv"?'],
    [["new", "../x"], "cannot be the name"],
    [["completion", "bsh"], "bash, zsh, fish"],
  ])("%j is refused with a hint", async (argv, hint) => {
    const { code, stdout, stderr } = await millrace(...argv);
    expect(code).toBeGreaterThan(1);
    expect(stdout).toBe("");
    expect(stderr).toContain(hint);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test("help on an unknown command says so after the help", async () => {
    const { code, stderr } = await millrace("help", "runn");
    expect(code).toBe(2);
    expect(stderr).toContain("Did you mean run?");
  });

  test("with --json the error is the one document on stdout, and stderr is silent", async () => {
    const { code, stdout, stderr } = await millrace("lst", "--json");
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: "MLR_OPTION_UNKNOWN",
        message: "Unknown command 'lst'",
        hint: "Did you mean list?",
        details: {},
      },
    });
    expect(stderr).toBe("");
  });

  test("no command at all prints the help and is a usage error", async () => {
    const { code, stdout } = await millrace();
    expect(code).toBe(2);
    expect(stdout).toContain("Usage: millrace");
  });

  test("outside a project the error says how to make one", async () => {
    const { code, stderr } = await millrace("list");
    expect(code).toBe(3);
    expect(stderr).toContain("millrace init");
  });
});

describe("help", () => {
  test.each(COMMANDS.map((command) => command.name))("of %s has an example and --json", async (name) => {
    const { code, stdout } = await millrace(name, "--help");
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: millrace ${name}`);
    expect(stdout).toMatch(/Examples:\n +(millrace|psql)/);
    expect(stdout).toContain("--json");
  });

  test.each([
    [["--version"], "version", /^\d+\.\d+\.\d+/],
    [["--help"], "help", /^Usage: millrace [^]*Examples:/],
    [["run", "--help"], "help", /^Usage: millrace run [^]*Examples:/],
    [["help", "run"], "help", /^Usage: millrace run [^]*Examples:/],
  ])("%j with --json is the one document on stdout", async (argv, name, text) => {
    const { code, stdout, stderr } = await millrace(...argv, "--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ [name]: expect.stringMatching(text) as unknown });
    expect(stderr).toBe("");
  });

  test("lists every exit code", async () => {
    const { stdout } = await millrace("--help");
    for (const [code] of EXIT_CODES) expect(stdout).toMatch(new RegExp(`^  ${code} `, "m"));
  });
});

test("completion scripts know every command", async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, stdout } = await millrace("completion", shell);
    expect(code).toBe(0);
    for (const command of COMMANDS) expect(stdout).toContain(command.name);
  }
});
