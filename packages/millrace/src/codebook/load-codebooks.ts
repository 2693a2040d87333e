import { readdir } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { csv } from "@millrace/connectors/csv";
import { json } from "@millrace/connectors/json";
import { postgres } from "@millrace/connectors/postgres";
import { rows } from "@millrace/connectors/rows";
import {
  asMillraceError,
  MillraceError,
  normalizeIdentifier,
  type Pipeline,
  pipeline,
  type Source,
} from "@millrace/core";
import type { ProjectFolder } from "../project/find-project.ts";
import { fileError, importDefault, projectPath } from "../project/import-file.ts";
import { type Codebook, isCodebook } from "./codebook.ts";
import { firstColumn } from "./first-column.ts";

/** Where the code lists of a project are. */
export const CODEBOOKS_FOLDER = "codebooks";

/** A code list, as the pipeline that brings it into its table. */
export interface LoadedCodebook {
  /** The file's name without its ending. */
  readonly name: string;
  /** From the project's root, with forward slashes. */
  readonly file: string;
  readonly table: string;
  readonly pipeline: Pipeline;
}

const DATA = [".csv", ".json"];
const CODE = /(?<!\.d|\.test)\.m?[jt]s$/;
/** Longest name of a table that leaves room for what is added to it. */
const NAME_BYTES = 51;

/** Every code list of the project, by file. Fails with MLR_PROJECT_INVALID, naming the file. */
export async function loadCodebooks(project: ProjectFolder): Promise<LoadedCodebook[]> {
  const folder = join(project.root, CODEBOOKS_FOLDER);
  const files = await filesIn(folder);
  const written = await Promise.all(
    files
      .filter((file) => CODE.test(file))
      .map(async (file) => ({ file, own: await importCodebook(file, project.root) })),
  );
  const used = new Set(
    written.flatMap(({ file, own }) => (own.file === undefined ? [] : [join(dirname(file), own.file)])),
  );
  const plain = files.filter((file) => DATA.includes(extname(file)) && !used.has(file));
  const lists = [...written, ...plain.map((file) => ({ file, own: undefined }))].toSorted((a, b) =>
    a.file < b.file ? -1 : 1,
  );
  const loaded = await Promise.all(lists.map(({ file, own }) => load(project.root, file, own)));
  refuseDoubles(loaded);
  return loaded;
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && !/^[._]/.test(entry.name))
      .map((entry) => join(folder, entry.name));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw asMillraceError(error, "MLR_PROJECT_INVALID", folder);
  }
}

async function importCodebook(path: string, root: string): Promise<Codebook> {
  const exported = await importDefault(path, root);
  if (isCodebook(exported)) return exported;
  const file = projectPath(path, root);
  throw new MillraceError("MLR_PROJECT_INVALID", `${file}: the default export is not a codebook`, {
    hint: "Write: export default codebook({ key: […], rows: […] })",
    details: { file },
  });
}

async function load(root: string, path: string, own: Codebook | undefined): Promise<LoadedCodebook> {
  const file = projectPath(path, root);
  const name = basename(path).replace(/\.[^.]+$/, "");
  try {
    const table = own?.table ?? normalizeIdentifier(name, NAME_BYTES);
    const source = sourceOf(own, own?.file === undefined ? path : join(dirname(path), own.file), table);
    const key = own?.key ?? [await keyOf(source, root)];
    return { name, file, table, pipeline: codebookPipeline({ file, table, key, source, own }) };
  } catch (error) {
    throw fileError(path, root, error);
  }
}

function codebookPipeline(of: {
  readonly file: string;
  readonly table: string;
  readonly key: readonly string[];
  readonly source: Source;
  readonly own: Codebook | undefined;
}): Pipeline {
  const { file, table, source, own } = of;
  const { namespace, columns, maxRemovedShare } = own ?? {};
  return pipeline(`codebook.${table.replaceAll(/[^\p{L}\p{N}]+/gu, "-").replaceAll(/^-|-$/g, "")}`, {
    group: CODEBOOKS_FOLDER,
    description: `The code list in ${file}`,
    source,
    destination: postgres().table(table, {
      key: [...of.key],
      mode: "merge",
      removals: "archive",
      ...(namespace === undefined ? {} : { namespace }),
      ...(columns === undefined ? {} : { columns }),
      ...(maxRemovedShare === undefined ? {} : { maxRemovedShare }),
    }),
  });
}

function sourceOf(own: Codebook | undefined, data: string, table: string): Source {
  if (own?.rows !== undefined) return rows({ [table]: own.rows });
  const path = pathToFileURL(data);
  if (extname(data) === ".csv") return csv({ path, stream: table });
  if (extname(data) === ".json") return json({ path, stream: table });
  throw new MillraceError("MLR_PROJECT_INVALID", `codes cannot be read from "${own?.file ?? data}"`, {
    hint: `Name a file that ends in ${DATA.join(" or ")}.`,
  });
}

async function keyOf(source: Source, root: string): Promise<string> {
  const column = await firstColumn(source, root);
  if (column !== undefined) return column;
  throw new MillraceError("MLR_PROJECT_INVALID", "holds no code, so that nothing tells its key", {
    hint: 'Say it in a file beside it: export default codebook({ key: ["code"], file: "…" })',
  });
}

function refuseDoubles(loaded: readonly LoadedCodebook[]): void {
  for (const [table, same] of Map.groupBy(loaded, ({ table }) => table)) {
    const [first, second] = same;
    if (first === undefined || second === undefined) continue;
    throw new MillraceError(
      "MLR_PROJECT_INVALID",
      `${first.file} and ${second.file} are both for table "${table}"`,
      {
        hint: "Give one of them another name, or put the codes into one file.",
        details: { table, files: same.map(({ file }) => file) },
      },
    );
  }
}
