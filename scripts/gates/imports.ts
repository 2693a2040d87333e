import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Gate } from "./gate.ts";
import { importProblems } from "./import-rules.ts";
import { moduleImports } from "./module-imports.ts";
import { repositoryFiles } from "./repository-files.ts";
import type { SourceModule, WorkspacePackage } from "./workspace.ts";

interface Manifest {
  readonly name: string;
  readonly dependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
}

/** Which part may import which: see `import-rules.ts`. */
export const imports: Gate = {
  name: "imports",
  checks: "parts import only what they may and declare, without cycles between folders",
  async run({ root }) {
    const files = await repositoryFiles(root);
    const manifests = files.filter((file) => /^(packages\/[^/]+\/)?package\.json$/.test(file));
    const packages = await Promise.all(manifests.map((file) => readPackage(root, file)));
    const modules: SourceModule[] = [];
    const problems: string[] = [];
    for (const file of files.filter((name) => /\.tsx?$/.test(name))) {
      const text = await readFile(path.join(root, file), "utf8");
      try {
        modules.push({ path: file, imports: moduleImports(file, text) });
      } catch (error) {
        problems.push(String(error));
      }
    }
    return {
      looked: modules.length,
      unit: "modules",
      problems: [...problems, ...importProblems({ packages, modules })],
      hint: "the table of packages and its reasons: docs/architecture.md",
    };
  },
};

async function readPackage(root: string, file: string): Promise<WorkspacePackage> {
  const manifest = JSON.parse(await readFile(path.join(root, file), "utf8")) as Manifest;
  const { dependencies, peerDependencies, optionalDependencies, devDependencies } = manifest;
  return {
    name: manifest.name,
    folder: file === "package.json" ? "" : path.posix.dirname(file),
    dependencies: new Set(Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies })),
    devDependencies: new Set(Object.keys(devDependencies ?? {})),
  };
}
