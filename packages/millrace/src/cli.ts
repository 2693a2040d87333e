import { enableCompileCache } from "node:module";

// Before anything else is loaded, so that all of it is kept compiled for the next time.
enableCompileCache();

// A reader that went away (`millrace list | head -1`) is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

// Node says of type stripping that it is experimental, and of a project without "type": "module" that it costs a little time.
const warn = process.emitWarning.bind(process) as (warning: string | Error, ...rest: unknown[]) => void;
process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
  const text = String(warning);
  if (/Type Stripping is an experimental|MODULE_TYPELESS_PACKAGE_JSON|Module type of file/.test(text)) return;
  warn(warning, ...rest);
};

const { main } = await import("./main.ts");
process.exitCode = await main(process.argv.slice(2), {
  cwd: process.cwd(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
});
