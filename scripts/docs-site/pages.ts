import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

/** A page of the site. */
export interface SitePage {
  /** Where it is in the site, such as `guides/backup.md`. */
  readonly path: string;
  readonly title: string;
  readonly text: string;
}

/** Files of the repository's root that are pages as well. */
const ROOT_FILES = ["CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"];

/** Every page: those below docs/, and those of the root. Links that lead out of the site become texts. */
export async function readPages(root: string): Promise<SitePage[]> {
  const below = (await readdir(path.join(root, "docs"), { recursive: true }))
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => file.endsWith(".md") && !file.startsWith("."));
  const files = [
    ...below.map((file) => ({ from: `docs/${file}`, to: file.replace(/README\.md$/, "index.md") })),
    ...ROOT_FILES.map((file) => ({ from: file, to: `project/${file.toLowerCase()}` })),
  ].toSorted((a, b) => (a.to < b.to ? -1 : 1));
  const places = new Map(files.map(({ from, to }) => [from, to]));
  return Promise.all(
    files.map(async ({ from, to }) => {
      const text = rewriteLinks(await readFile(path.join(root, from), "utf8"), { from, to, places });
      return { path: to, title: titleOf(text) ?? to, text };
    }),
  );
}

/** What the first heading says. */
export function titleOf(markdown: string): string | undefined {
  return /^# (.+)$/m.exec(markdown)?.[1]?.replaceAll("`", "");
}

/** A file, where its page is, and where all others are. */
export interface LinkScope {
  readonly from: string;
  readonly to: string;
  readonly places: ReadonlyMap<string, string>;
}

/** Links between files become links between pages; a link to a file that is no page stays as its text. Code is left alone. */
export function rewriteLinks(markdown: string, scope: LinkScope): string {
  const parts = markdown.split(/(```[\s\S]*?```|`[^`\n]*`)/);
  return parts
    .map((part, index) => (index % 2 === 1 ? part : rewriteText(part, scope)))
    .join("")
    .replaceAll(/\[([^\]]+)\]\(#out-of-site\)/g, "$1");
}

const OUT = "#out-of-site";

function rewriteText(text: string, { from, to, places }: LinkScope): string {
  return text.replaceAll(/\]\(([^)\s]+)\)/g, (whole, target: string) => {
    if (/^(?:[a-z]+:|#|\/)/i.test(target)) return whole;
    const [file = "", anchor] = target.split("#", 2);
    const found = path.posix.normalize(path.posix.join(path.posix.dirname(from), file));
    const page = places.get(found) ?? places.get(`${found.replace(/\/$/, "")}/README.md`);
    const picture = /\.(png|svg|jpg)$/.test(found) && found.startsWith("docs/");
    const place = picture ? found.slice("docs/".length) : page;
    if (place === undefined) return `](${OUT})`;
    const relative = path.posix.relative(path.posix.dirname(to), place);
    const prefix = relative.startsWith(".") ? "" : "./";
    return `](${prefix}${relative}${anchor === undefined ? "" : `#${anchor}`})`;
  });
}
