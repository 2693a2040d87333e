import path from "node:path";
import type { SourceModule } from "./workspace.ts";

/** Groups of modules in different folders that need each other: none can be understood or tested alone. */
export function cycleProblems(modules: readonly SourceModule[]): string[] {
  const problems: string[] = [];
  for (const group of cycles(modules)) {
    const folders = new Set(group.map((file) => path.posix.dirname(file)));
    if (folders.size > 1) problems.push(`cycle between folders: ${[...group, group[0]].join(" → ")}`);
  }
  return problems;
}

/** One shortest cycle per strongly connected group, smallest path first. */
function cycles(modules: readonly SourceModule[]): string[][] {
  const known = new Set(modules.map((module) => module.path));
  const edges = new Map<string, string[]>();
  for (const module of modules) {
    const targets = module.imports
      .filter((entry) => (entry.kind === "value" || entry.kind === "type") && entry.specifier.startsWith("."))
      .map((entry) => path.posix.join(path.posix.dirname(module.path), entry.specifier))
      .filter((target) => known.has(target) && target !== module.path);
    edges.set(module.path, targets);
  }
  const reported = new Set<string>();
  const found: string[][] = [];
  for (const start of [...known].toSorted()) {
    if (reported.has(start)) continue;
    const cycle = shortestWayBack(start, edges);
    if (cycle === undefined) continue;
    for (const file of cycle) reported.add(file);
    found.push(cycle);
  }
  return found;
}

function shortestWayBack(start: string, edges: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const before = new Map<string, string>();
  const queue = [start];
  for (const file of queue) {
    for (const next of edges.get(file) ?? []) {
      if (next === start) {
        const way = [file];
        for (let at = before.get(file); at !== undefined; at = before.get(at)) way.push(at);
        return way.toReversed();
      }
      if (before.has(next)) continue;
      before.set(next, file);
      queue.push(next);
    }
  }
  return undefined;
}
