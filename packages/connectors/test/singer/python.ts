import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** A virtual environment with packages of PyPI, or why there is none. */
export type PythonEnvironment =
  { readonly bin: string; readonly sitePackages: string } | { readonly missing: string };

/** Minutes that an installation may take. */
const INSTALL_MS = 5 * 60_000;

/** Makes a virtual environment with these packages in the temporary folder, kept for the next time. */
export function pythonEnvironment(name: string, packages: readonly string[]): PythonEnvironment {
  const folder = path.join(tmpdir(), `millrace-python-${name}`);
  const bin = path.join(folder, process.platform === "win32" ? "Scripts" : "bin");
  const python = path.join(bin, "python");
  const done = path.join(folder, "millrace-complete");
  if (!existsSync(done)) {
    const steps: readonly (readonly [string, readonly string[]])[] = [
      ["python3", ["-m", "venv", "--clear", folder]],
      [python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages]],
    ];
    for (const [command, args] of steps) {
      const { status, error, stderr } = spawnSync(command, args, { timeout: INSTALL_MS, encoding: "utf8" });
      if (status !== 0) {
        const why = error?.message ?? stderr.trim().split("\n").at(-1) ?? "";
        return { missing: `${command} ${args.slice(0, 3).join(" ")} failed: ${why}` };
      }
    }
    mkdirSync(done);
  }
  const { stdout, status } = spawnSync(
    python,
    ["-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
    {
      encoding: "utf8",
    },
  );
  return status === 0 ? { bin, sitePackages: stdout.trim() } : { missing: `${python} does not run` };
}
