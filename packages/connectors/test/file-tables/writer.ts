import { randomUUID } from "node:crypto";
import { mkdtemp, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import type { Row } from "@millrace/core";
import { TestPipeline } from "@millrace/core/testing";
import { FilesDestination } from "../../src/files/files-destination.ts";
import { fileLayout } from "../../src/files/layout-options.ts";
import { filesOptions, type FilesOptions } from "../../src/files/options.ts";
import { STATE_FOLDER } from "../../src/files/state/paths.ts";

/** A folder of files for one test. */
export interface TestFolder {
  readonly root: string;
  readonly destination: FilesDestination;
  /** Opens a session as the engine does, with an attempt higher than those before. */
  open(pipeline?: string): Promise<TestPipeline>;
  /** The tables' files, as paths below the folder with `/` between the parts. */
  files(): Promise<string[]>;
}

let attempts = 0n;

/** A new folder, in the system's own for temporary files. */
export async function testFolder(
  options: Omit<FilesOptions, "path">,
  onStep?: (name: string) => Promise<void>,
): Promise<TestFolder> {
  return folderAt(await mkdtemp(join(tmpdir(), "millrace-files-")), options, onStep);
}

/** A folder that exists. */
export function folderAt(
  root: string,
  options: Omit<FilesOptions, "path">,
  onStep?: (name: string) => Promise<void>,
): TestFolder {
  const layout = fileLayout(filesOptions.parse({ path: root, ...options }));
  const destination = new FilesDestination({ root, layout, ...(onStep === undefined ? {} : { onStep }) });
  return {
    root,
    destination,
    async open(pipeline = "pipeline") {
      const attempt = ++attempts;
      const run = randomUUID();
      const session = await destination.open({ pipeline, attempt, run });
      return new TestPipeline({ destination, session, run, attempt });
    },
    files: async () => publicFiles(root),
  };
}

/** Everything in a folder that is no state. */
async function publicFiles(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(root.length + 1)
        .split(sep)
        .join("/"),
    )
    .filter((path) => !path.startsWith(`${STATE_FOLDER}/`))
    .toSorted();
}

/** Writes rows and commits them, in a session of its own. */
export async function load(
  folder: TestFolder,
  rows: readonly Row[],
  options: Parameters<TestPipeline["table"]>[1] = { mode: "append" },
): Promise<void> {
  const pipeline = await folder.open();
  try {
    await pipeline.table("t", options);
    if (options.mode === "append") await pipeline.write("t", rows);
    else await pipeline.read("t", rows);
    await pipeline.commit({ final: true });
  } finally {
    await pipeline.close();
  }
}
