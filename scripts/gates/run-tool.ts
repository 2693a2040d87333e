import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";

/** How a tool ended and what it printed. */
export interface ToolOutput {
  readonly code: number;
  /** Standard output and standard error together, without colours and without blank ends. */
  readonly text: string;
}

/**
 * Runs the command of an npm package that the repository depends on, with the Node that runs this script and
 * without a shell, so that it works alike on every system.
 */
export async function runTool(
  root: string,
  tool: { readonly package: string; readonly bin: string },
  args: readonly string[],
): Promise<ToolOutput> {
  const folder = path.join(root, "node_modules", tool.package);
  const manifest = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8")) as {
    bin: string | Record<string, string>;
  };
  const file = typeof manifest.bin === "string" ? manifest.bin : manifest.bin[tool.bin];
  if (file === undefined) throw new Error(`${tool.package} has no command "${tool.bin}"`);
  return run(process.execPath, [path.join(folder, file), ...args], root);
}

/** Runs a program to its end without a shell. */
export function run(program: string, args: readonly string[], cwd: string): Promise<ToolOutput> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0" },
    });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.once("error", reject);
    child.once("close", (code, signal) => {
      const text = Buffer.concat(chunks).toString("utf8").trim();
      resolve({ code: code ?? 1, text: signal === null ? text : `${text}\nended by ${signal}`.trim() });
    });
  });
}
