import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Page } from "../page/page.ts";

/** Pages that are kept of one crawl. */
const CAPACITY = 20;

/** Keeps pages that did not give what they should, so that somebody can look at them. */
export class Samples {
  readonly #folder: string | undefined;
  #count = 0;
  #ready: Promise<void> | undefined;

  /** @param folder undefined: none are kept. */
  constructor(folder: string | undefined) {
    this.#folder = folder;
  }

  /** The file of the page; undefined where there are enough. Never fails: a sample is not worth a crawl. */
  async keep(page: Page, why: string): Promise<string | undefined> {
    const folder = this.#folder;
    if (folder === undefined || this.#count >= CAPACITY) return undefined;
    this.#count++;
    const file = path.join(folder, `${String(this.#count).padStart(2, "0")}.html`);
    const head = `<!-- ${page.url.replaceAll("--", "%2D%2D")}\n${why.replaceAll("--", "- -")} -->\n`;
    try {
      this.#ready ??= prepare(folder);
      await this.#ready;
      await writeFile(file, head + page.html);
      return file;
    } catch {
      return undefined;
    }
  }
}

/** Samples of earlier crawls make room. */
async function prepare(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const old = (await readdir(folder)).filter((name) => name.endsWith(".html"));
  await Promise.all(old.map((name) => rm(path.join(folder, name), { force: true })));
}
