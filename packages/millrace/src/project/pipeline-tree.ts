import { nearest } from "@millrace/core";
import type { LoadedPipeline } from "./load-pipelines.ts";

/** A pipeline in its place below its first parent. */
export interface TreeRow {
  readonly entry: LoadedPipeline;
  /** What stands before its name: `│  └─ `, nothing for those without parents. */
  readonly branch: string;
}

/** The pipelines as a tree: each below the first of its parents, where that is one of them. */
export function pipelineTree(entries: readonly LoadedPipeline[]): TreeRow[] {
  const names = new Set(entries.map(({ pipeline }) => pipeline.name));
  const children = new Map<string | undefined, LoadedPipeline[]>();
  for (const entry of entries) {
    const first = entry.pipeline.parents?.[0];
    const above = first !== undefined && names.has(first) ? first : undefined;
    children.set(above, [...(children.get(above) ?? []), entry]);
  }
  const placed = new Set<string>();
  const rows: TreeRow[] = [];
  const place = (entry: LoadedPipeline, branch: string, below: string): void => {
    if (placed.has(entry.pipeline.name)) return;
    placed.add(entry.pipeline.name);
    rows.push({ entry, branch });
    const own = children.get(entry.pipeline.name) ?? [];
    for (const [index, child] of own.entries()) {
      const last = index === own.length - 1;
      place(child, `${below}${last ? "└─ " : "├─ "}`, `${below}${last ? "   " : "│  "}`);
    }
  };
  for (const entry of children.get(undefined) ?? []) place(entry, "", "");
  // What is left has itself among its forebears: told as a problem, and listed all the same.
  for (const entry of entries) place(entry, "", "");
  return rows;
}

/** What is wrong with the parents of pipelines: names that no pipeline has, and circles. */
export function parentProblems(entries: readonly LoadedPipeline[]): string[] {
  const parents = new Map(entries.map(({ pipeline }) => [pipeline.name, pipeline.parents ?? []]));
  const names = [...parents.keys()];
  const problems: string[] = [];
  for (const { pipeline, file } of entries) {
    for (const parent of pipeline.parents ?? []) {
      if (parents.has(parent)) continue;
      const guess = nearest(parent, names);
      const hint = guess === undefined ? "" : `; did you mean "${guess}"?`;
      problems.push(`${file}: "${pipeline.name}" has a parent "${parent}", which is no pipeline${hint}`);
    }
    if (forebears(pipeline.name, parents).has(pipeline.name))
      problems.push(`${file}: "${pipeline.name}" comes after itself, so it never runs after its parents`);
  }
  return problems;
}

function forebears(name: string, parents: ReadonlyMap<string, readonly string[]>): Set<string> {
  const found = new Set<string>();
  const waiting = [...(parents.get(name) ?? [])];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    waiting.push(...(parents.get(next) ?? []));
  }
  return found;
}
