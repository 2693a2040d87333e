import { spawn } from "node:child_process";
import { MillraceError } from "@millrace/core";

/** What the program wrote is cut off behind this many bytes: a page of words is far smaller. */
const MOST_OUTPUT = 64 * 1024 ** 2;
/** Variables that a program needs to be found and to run. */
const HANDED_ON = [
  "PATH",
  "HOME",
  "TMPDIR",
  "TEMP",
  "TMP",
  "LANG",
  "LC_ALL",
  "TESSDATA_PREFIX",
  "PATHEXT",
  "SYSTEMROOT",
];

/** One run of Tesseract. */
export interface TesseractRun {
  readonly command: string;
  readonly args: readonly string[];
  readonly input?: Uint8Array;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs Tesseract on one thread and gives what it wrote. Fails with MLR_DRIVER_MISSING where it is not installed,
 * MLR_SOURCE_FAILED (`retry: "later"`) where it was killed or crashed, MLR_SOURCE_LIMIT where it takes too long, and
 * MLR_SOURCE_FORMAT where it refuses the picture.
 */
export function runTesseract(run: TesseractRun): Promise<string> {
  return new Promise((resolve, reject) => {
    run.signal?.throwIfAborted();
    const child = spawn(run.command, run.args, {
      env: environment(),
      stdio: ["pipe", "pipe", "pipe"],
      windowsHide: true,
    });
    const output: Buffer[] = [];
    let bytes = 0;
    let complaints = "";
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, run.timeoutMs);
    const onAbort = (): boolean => child.kill("SIGKILL");
    run.signal?.addEventListener("abort", onAbort, { once: true });
    child.stdout.on("data", (piece: Buffer) => {
      bytes += piece.length;
      if (bytes <= MOST_OUTPUT) output.push(piece);
    });
    child.stderr.on("data", (piece: Buffer) => {
      if (complaints.length < 4_096) complaints += piece.toString();
    });
    // A program that ends early does not take the rest of the picture; its end tells why.
    child.stdin.on("error", () => undefined);
    child.stdin.end(run.input);
    const settle = (): void => {
      clearTimeout(timer);
      run.signal?.removeEventListener("abort", onAbort);
    };
    child.on("error", (error) => {
      settle();
      reject(missing(run.command, error));
    });
    child.on("close", (code, signal) => {
      settle();
      if (code === 0) resolve(Buffer.concat(output).toString("utf8"));
      else if (run.signal?.aborted === true) reject(run.signal.reason as Error);
      else if (late) reject(tooLong(run));
      else reject(ended(run.command, code, signal, complaints));
    });
  });
}

function environment(): Record<string, string> {
  // oxlint-disable-next-line node/no-process-env -- a child needs a part of it to run at all, and is given no more than that
  const own = process.env;
  // More threads on one page make it 4 to 7 times slower; pages beside each other are what is fast.
  const given: Record<string, string> = { OMP_THREAD_LIMIT: "1" };
  for (const name of HANDED_ON) if (own[name] !== undefined) given[name] = own[name];
  return given;
}

function missing(command: string, cause: Error): MillraceError {
  return new MillraceError("MLR_DRIVER_MISSING", `the program ${command} cannot be run: ${cause.message}`, {
    hint: "Install Tesseract (apt-get install tesseract-ocr, brew install tesseract), or use tesseractJs().",
    cause,
  });
}

function tooLong({ command, timeoutMs }: TesseractRun): MillraceError {
  return new MillraceError("MLR_SOURCE_LIMIT", `${command} takes longer than ${timeoutMs} ms for a page`, {
    hint: "Raise the option `timeoutMs` of the engine, or lower the resolution.",
  });
}

function ended(
  command: string,
  code: number | null,
  signal: string | null,
  complaints: string,
): MillraceError {
  const reason = complaints.trim().split("\n").slice(-3).join(" ");
  if (signal !== null || code === null || code > 128) {
    return new MillraceError(
      "MLR_SOURCE_FAILED",
      `${command} was ended by ${signal ?? `code ${code}`} ${reason}`.trim(),
      {
        hint: "The system may be short of memory: run fewer at a time (option `processes`).",
        retry: "later",
      },
    );
  }
  return new MillraceError("MLR_SOURCE_FORMAT", `${command} failed with code ${code}: ${reason}`, {
    hint: /load(ing)? language|traineddata/i.test(reason)
      ? "Install the language's data, such as the package tesseract-ocr-deu."
      : "Is the picture damaged?",
  });
}
