import { resolve } from "node:path";
import {
  parseOptions,
  tableTarget,
  type Environment,
  type ResolvedTableOptions,
  type TableTarget,
  type Target,
} from "@millrace/core";
import { fileLayout } from "./layout-options.ts";
import { filesOptions, type FilesOptions } from "./options.ts";
import { checkMode } from "./session/evolve.ts";

/** A folder of files before it is said which tables rows land in. */
export type FilesTarget = TableTarget;

/** What `files()` does. */
export function createFilesTarget(options: FilesOptions): FilesTarget {
  const parsed = parseOptions(filesOptions, options, "files()");
  const layout = fileLayout(parsed);
  const target = tableTarget({
    kind: "files",
    destination: async ({ directory }: Environment) => {
      const { FilesDestination } = await import("./files-destination.ts");
      return new FilesDestination({ root: resolve(directory, parsed.path), layout });
    },
  });
  return {
    table: (name, own) => checked(target.table(name, own)),
    tables: (own) => checked(target.tables(own)),
  };
}

/** Files append unless told otherwise, also where the rows have a key. Modes that they cannot have are refused at once. */
function checked(target: Target): Target {
  const resolved = (options: ResolvedTableOptions): ResolvedTableOptions => {
    const mode = options.mode ?? "append";
    const { discriminator, name = "of the stream" } = options;
    checkMode({ name, mode, ...(discriminator === undefined ? {} : { discriminator }) });
    return { ...options, mode };
  };
  const tables = target.tables?.map(resolved);
  return {
    ...target,
    ...(tables === undefined ? {} : { tables }),
    tableFor: (stream) => {
      const options = target.tableFor(stream);
      return options === undefined ? undefined : resolved(options);
    },
  };
}
