import { isBuiltin } from "node:module";
import path from "node:path";
import { cycleProblems } from "./import-cycles.ts";
import type { ModuleImport } from "./module-imports.ts";
import type { SourceModule, Workspace, WorkspacePackage } from "./workspace.ts";

/**
 * Which packages of the workspace a package may import: core ← connectors · core ← platform ← {orchestrator, ingest,
 * api} ← millrace → connectors. Nothing imports millrace; the dashboard imports none.
 */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  "@millrace/core": [],
  "@millrace/connectors": ["@millrace/core"],
  "@millrace/platform": ["@millrace/core"],
  "@millrace/orchestrator": ["@millrace/core", "@millrace/platform"],
  "@millrace/ingest": ["@millrace/core", "@millrace/platform"],
  "@millrace/api": ["@millrace/core", "@millrace/platform"],
  "@millrace/dashboard": [],
  millrace: [
    "@millrace/core",
    "@millrace/connectors",
    "@millrace/platform",
    "@millrace/orchestrator",
    "@millrace/ingest",
    "@millrace/api",
  ],
};

/** What tests of a package may import besides: the real parts that its own are put together with. */
const ALLOWED_IN_TESTS: Readonly<Record<string, readonly string[]>> = {
  "@millrace/api": ["@millrace/orchestrator"],
  "@millrace/ingest": ["@millrace/connectors"],
};

/** Packages that are published as what a bundler made of them: what they import is needed to build them alone. */
const BUNDLED: ReadonlySet<string> = new Set(["@millrace/dashboard"]);

/** Each import that breaks a rule, as `file:line imports "x": why`. */
export function importProblems(workspace: Workspace): string[] {
  const problems: string[] = [];
  for (const owner of workspace.packages) {
    if (owner.folder === "") continue;
    if (ALLOWED[owner.name] === undefined) {
      problems.push(
        `${owner.folder}: package ${owner.name} is not in the table of scripts/gates/import-rules.ts`,
      );
    }
    if (!workspace.modules.some((module) => module.path.startsWith(`${owner.folder}/src/`))) {
      problems.push(`${owner.folder}/src: no modules found`);
    }
  }
  for (const module of workspace.modules) {
    for (const entry of module.imports) {
      const why = entry.specifier.startsWith(".")
        ? relativeProblem(module, entry, workspace)
        : bareProblem(module, entry, workspace);
      if (why !== undefined)
        problems.push(`${module.path}:${entry.line} imports "${entry.specifier}": ${why}`);
    }
  }
  return [...problems, ...cycleProblems(workspace.modules)];
}

/** True for tests and what only tests use: published packages leave it out. */
export function isTestFile(file: string): boolean {
  return /\.test\.tsx?$/.test(file) || /^packages\/[^/]+\/(test|bench|scripts)\//.test(file);
}

function ownerOf(file: string, packages: readonly WorkspacePackage[]): WorkspacePackage | undefined {
  return (
    packages.find(({ folder }) => folder !== "" && `${file}/`.startsWith(`${folder}/`)) ??
    packages.find(({ folder }) => folder === "")
  );
}

function relativeProblem(
  module: SourceModule,
  entry: ModuleImport,
  { packages }: Workspace,
): string | undefined {
  const target = path.posix.join(path.posix.dirname(module.path), entry.specifier);
  const [from, to] = [ownerOf(module.path, packages), ownerOf(target, packages)];
  if (from === undefined) return undefined;
  if (from.folder === "") return exampleProblem(module.path, target);
  const test = isTestFile(module.path);
  if (from !== to) {
    const allowed = test && (entry.kind === "file" || sharesTestHelper(from, target, to));
    return allowed ? undefined : `it leaves ${from.folder}; import other packages by their name`;
  }
  return entry.kind === "file" ? undefined : insideProblem(module.path, target, from);
}

function insideProblem(module: string, target: string, owner: WorkspacePackage): string | undefined {
  const test = isTestFile(module);
  if (!test && isTestFile(target)) return "product code must not import tests or their helpers";
  if (module.endsWith(".test.ts") && target.endsWith(".test.ts"))
    return "a test must not import another test";
  const [from, to] = [module, target].map((file) => file.slice(owner.folder.length + 1)) as [string, string];
  if (owner.name === "@millrace/connectors") return connectorProblem(from, to, test);
  return owner.name === "@millrace/core" && !test ? testingProblem(from, to) : undefined;
}

/** Tests may use the helpers in `test/` of a package that theirs depends on. */
function sharesTestHelper(from: WorkspacePackage, target: string, to: WorkspacePackage | undefined): boolean {
  if (to === undefined || to.folder === "") return false;
  return target.startsWith(`${to.folder}/test/`) && (ALLOWED[from.name] ?? []).includes(to.name);
}

/** The examples are a project as a user would have it: it knows the packages by name. */
function exampleProblem(from: string, to: string): string | undefined {
  return from.startsWith("examples/") && !to.startsWith("examples/") ? "it leaves examples/" : undefined;
}

/** A connector is its own folder, `shared/` and core, so that one can be added, read and removed alone. */
function connectorProblem(from: string, to: string, test: boolean): string | undefined {
  const [source, target] = [folderIn(from), folderIn(to)];
  if (source === undefined || target === undefined || source === target || target === "shared")
    return undefined;
  // What connectors share is best tested through them.
  if (source === "shared" && test) return undefined;
  const what =
    source === "shared"
      ? "shared/ must not know a connector"
      : `the connector ${source}/ must not know another`;
  return `${what}; move what both need to shared/`;
}

/** `csv` for `src/csv/read.ts`; undefined outside of `src/` and for files directly in it, which put connectors together. */
function folderIn(file: string): string | undefined {
  return /^src\/([^/]+)\//.exec(file)?.[1];
}

function testingProblem(from: string, to: string): string | undefined {
  if (from.startsWith("src/testing/") || !to.startsWith("src/testing/")) return undefined;
  return "the engine must not use its own test parts";
}

function bareProblem(module: SourceModule, entry: ModuleImport, { packages }: Workspace): string | undefined {
  const { specifier } = entry;
  if (entry.kind === "file" || specifier.startsWith("data:")) return undefined;
  if (isBuiltin(specifier)) return specifier.startsWith("node:") ? undefined : `write "node:${specifier}"`;
  const from = ownerOf(module.path, packages);
  const name = /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
  const other = packages.find((candidate) => candidate.name === name && candidate.folder !== "");
  if (from === undefined || (from.folder === "" && other !== undefined)) return undefined;
  const test = from.folder === "" || isTestFile(module.path) || BUNDLED.has(from.name);
  const refused = other === undefined ? undefined : workspaceProblem(from, module.path, specifier, other);
  if (refused !== undefined || other === from) return refused;
  return undeclared(name, from, test, packages);
}

function workspaceProblem(
  from: WorkspacePackage,
  module: string,
  specifier: string,
  other: WorkspacePackage,
): string | undefined {
  if (other === from) {
    // The tests in `test/` look at the package from outside, as its users do.
    return module.startsWith(`${from.folder}/test/`)
      ? undefined
      : "a package imports itself by relative paths";
  }
  const inTests = isTestFile(module) ? (ALLOWED_IN_TESTS[from.name] ?? []) : [];
  if (![...(ALLOWED[from.name] ?? []), ...inTests].includes(other.name)) return mayImport(from);
  if (!isTestFile(module) && specifier === "@millrace/core/testing")
    return "product code must not use test parts";
  return undefined;
}

function mayImport(from: WorkspacePackage): string {
  const allowed = ALLOWED[from.name] ?? [];
  return allowed.length === 0
    ? `${from.name} may import no other package of the workspace`
    : `${from.name} may import only ${allowed.join(", ")}`;
}

function undeclared(
  name: string,
  from: WorkspacePackage,
  test: boolean,
  packages: readonly WorkspacePackage[],
): string | undefined {
  if (from.dependencies.has(name)) return undefined;
  const shared = packages.find(({ folder }) => folder === "");
  if (test && (from.devDependencies.has(name) || shared?.devDependencies.has(name))) return undefined;
  const manifest = from.folder === "" ? "package.json" : `${from.folder}/package.json`;
  const what =
    test || !from.devDependencies.has(name) ? "is not declared" : "is declared for development only";
  return `${name} ${what} in ${manifest}`;
}
