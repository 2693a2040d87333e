import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Gate } from "./gate.ts";
import { splitMarkdown } from "./markdown.ts";
import { repositoryFiles } from "./repository-files.ts";

/** Links between the repository's pages lead somewhere. Addresses on the web are not asked. */
export const docLinks: Gate = {
  name: "doc-links",
  checks: "links in Markdown lead to files and headings that exist, and named paths exist",
  async run({ root }) {
    const pages = (await repositoryFiles(root)).filter((file) => file.endsWith(".md"));
    const problems: string[] = [];
    let looked = 0;
    for (const page of pages) {
      const { prose } = splitMarkdown(await readFile(path.join(root, page), "utf8"));
      for (const { target, line } of relativeLinks(prose)) {
        looked += 1;
        const why = await linkProblem(root, page, target);
        if (why !== undefined) problems.push(`${page}:${line} (${target}) ${why}`);
      }
      for (const { target, line } of repositoryPaths(prose)) {
        looked += 1;
        if (!existsSync(path.join(root, target)))
          problems.push(`${page}:${line} \`${target}\` does not exist`);
      }
    }
    return { looked, unit: "links", problems };
  },
};

/** Targets of links and images, except addresses with a scheme. */
export function relativeLinks(prose: string): { target: string; line: number }[] {
  const found: { target: string; line: number }[] = [];
  for (const [index, line] of prose.split("\n").entries()) {
    const plain = line.replaceAll(/`[^`]*`/g, (code) => " ".repeat(code.length));
    const links = [
      ...plain.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g),
      ...plain.matchAll(/^\s*\[[^\]]+\]:\s*(\S+)/g),
    ];
    const images = plain.matchAll(/<(?:img|a)\s[^>]*(?:src|href)="([^"]+)"/g);
    for (const [, target] of [...links, ...images]) {
      if (target !== undefined && !/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(target))
        found.push({ target, line: index + 1 });
    }
  }
  return found;
}

/** Paths of this repository that a page names in code: `packages/core/src/row.ts`, `docs/adr/`. */
export function repositoryPaths(prose: string): { target: string; line: number }[] {
  return prose.split("\n").flatMap((line, index) =>
    [...line.matchAll(/`((?:packages|scripts|docs|e2e|bench|examples|\.ci)\/[\w./-]*)`/g)].map(
      ([, target = ""]) => ({
        target,
        line: index + 1,
      }),
    ),
  );
}

async function linkProblem(root: string, page: string, target: string): Promise<string | undefined> {
  const [file = "", anchor] = target.split("#", 2);
  const resolved = file === "" ? page : path.posix.join(path.posix.dirname(page), decodeURIComponent(file));
  if (resolved.startsWith("../")) return "leads out of the repository";
  const full = path.join(root, resolved);
  if (!existsSync(full)) return "does not exist";
  if (anchor === undefined || !resolved.endsWith(".md")) return undefined;
  return headingAnchors(await readFile(full, "utf8")).has(anchor)
    ? undefined
    : `${resolved} has no heading #${anchor}`;
}

/** The anchors of a page's headings, by GitHub's rules. */
export function headingAnchors(text: string): Set<string> {
  const anchors = new Set<string>();
  const seen = new Map<string, number>();
  for (const line of splitMarkdown(text).prose.split("\n")) {
    const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(line)?.[1];
    if (heading === undefined) continue;
    const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const slug = plain.replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, "").replaceAll(" ", "-");
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    anchors.add(times === 0 ? slug : `${slug}-${times}`);
  }
  return anchors;
}
