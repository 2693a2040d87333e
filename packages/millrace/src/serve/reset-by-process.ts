import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { asMillraceError, type ErrorCode, ERROR_CODES, MillraceError } from "@millrace/core";

/** Time that it may take: it loads the project and connects to the destination. */
const RESET_MS = 60_000;

/**
 * Forgets the checkpoints of a pipeline as `millrace state --reset` does, in a process of its own: the user's code names the
 * destination. Fails as the command does.
 */
export async function resetByProcess(root: string, pipeline: string): Promise<void> {
  const source = import.meta.url.endsWith(".ts");
  const cli = fileURLToPath(new URL(source ? "../cli.ts" : "../cli.js", import.meta.url));
  const flags = source ? ["--conditions=@millrace/source"] : [];
  const args = [...flags, cli, "state", "--project", root, "--reset", "--yes", "--json", "--", pipeline];
  await new Promise<void>((resolve, reject) => {
    execFile(process.execPath, args, { timeout: RESET_MS, windowsHide: true }, (error, stdout) => {
      if (error === null) resolve();
      else reject(failureOf(stdout, error));
    });
  });
}

/** The error that the command told as its one JSON document. */
function failureOf(said: string, error: unknown): MillraceError {
  const { code, message = "It failed", hint } = toldIn(said);
  if (code === undefined || !(code in ERROR_CODES))
    return asMillraceError(error, "MLR_INTERNAL", "The checkpoints could not be reset");
  return new MillraceError(code as ErrorCode, message, hint === undefined ? {} : { hint });
}

interface Told {
  readonly code?: string;
  readonly message?: string;
  readonly hint?: string;
}

function toldIn(said: string): Told {
  try {
    return (JSON.parse(said) as { readonly error?: Told }).error ?? {};
  } catch {
    return {};
  }
}
