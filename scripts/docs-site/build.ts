/**
 * Builds the documentation site: `npm run docs:build [-- <folder>]`, into `docs-site` where no folder is named. The pages are
 * those of docs/; navigation and links are made from them. Ends with 1 where a page cannot be made or a link leads nowhere.
 */
import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { repositoryRoot } from "../repository-root.ts";
import { navigation } from "./navigation.ts";
import { readPages, type SitePage } from "./pages.ts";

const THEME = path.join(import.meta.dirname, "theme");
const [wanted = "docs-site"] = process.argv.slice(2);
process.exitCode = await build(path.resolve(wanted));

async function build(out: string): Promise<number> {
  // Inside the repository, so that the packages of the site are found.
  const source = await mkdtemp(path.join(repositoryRoot, ".docs-site-"));
  try {
    const pages = await writeSource(source);
    const vitepress = createRequire(import.meta.url).resolve("vitepress/package.json");
    const program = path.join(path.dirname(vitepress), "bin", "vitepress.js");
    const args = [program, "build", source, "--outDir", out];
    const { status } = spawnSync(process.execPath, args, {
      stdio: ["ignore", "inherit", "inherit"],
      cwd: repositoryRoot,
    });
    if (status !== 0) return 1;
    const files = new Set(
      (await readdir(out, { recursive: true })).map((file) => file.replaceAll("\\", "/")),
    );
    const missing = pages.filter(({ path: place }) => !files.has(place.replace(/\.md$/, ".html")));
    for (const { path: place } of missing) console.error(`${place} was not made`);
    console.log(`${pages.length} pages, ${files.size} files in ${out}`);
    return missing.length > 0 || pages.length === 0 ? 1 : 0;
  } finally {
    await rm(source, { recursive: true, force: true });
  }
}

async function writeSource(source: string): Promise<readonly SitePage[]> {
  const pages = await readPages(repositoryRoot);
  for (const { path: place, text } of pages) {
    await mkdir(path.join(source, path.dirname(place)), { recursive: true });
    await writeFile(path.join(source, place), text);
  }
  await cp(path.join(repositoryRoot, "docs", "images"), path.join(source, "images"), { recursive: true });
  const own = path.join(source, ".vitepress");
  await mkdir(path.join(own, "theme"), { recursive: true });
  await cp(path.join(THEME, "config.mjs"), path.join(own, "config.mjs"));
  await cp(path.join(THEME, "theme.mjs"), path.join(own, "theme", "index.mjs"));
  const readme = await readFile(path.join(repositoryRoot, "README.md"), "utf8");
  await writeFile(path.join(own, "site.json"), JSON.stringify({ sidebar: navigation(pages, readme) }));
  return pages;
}
