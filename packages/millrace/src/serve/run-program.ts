import { fileURLToPath } from "node:url";
import type { ProcessProgram } from "@millrace/orchestrator";

/**
 * The program of the processes that carry out runs.
 * @param preload URL of a module that they load while they wait
 */
export function runProgram(preload?: string): ProcessProgram {
  // Type stripping runs the source; the published package has the built file in the same place.
  const source = import.meta.url.endsWith(".ts");
  return {
    file: fileURLToPath(
      new URL(source ? "../run-process/main.ts" : "../run-process/main.js", import.meta.url),
    ),
    nodeOptions: [
      ...(source ? ["--conditions=@millrace/source"] : []),
      ...(preload === undefined ? [] : ["--import", preload]),
    ],
  };
}
