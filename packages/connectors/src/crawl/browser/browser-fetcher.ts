import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { MillraceError } from "@millrace/core";
import { compileMatcher } from "../visit/matcher.ts";
import type { Fetched, Fetcher, FetchWish } from "../visit/fetcher.ts";
import { decodePage } from "../page/decode.ts";
import { parseHtml } from "../page/parse-html.ts";
import { compileSelector, selectOne } from "../page/select.ts";
import type { Browser, BrowserContext, BrowserPage } from "./browser-page.ts";
import { launchBrowser } from "./launch-browser.ts";
import type { BrowserOptions } from "./options.ts";
import { Slots } from "./slots.ts";

/** Pages after which a fresh context takes over, as browsers grow. */
const CONTEXT_PAGES = 200;
/** How long a page may take to grow after it was scrolled. */
const SCROLL_MS = 700;
/** Screenshots of failures that are kept of one crawl. */
const MAX_SCREENSHOTS = 20;
const EVENTS = ["load", "domcontentloaded", "networkidle"] as const;

/** What a browser is used with. */
export interface BrowserParts {
  readonly options: BrowserOptions;
  /** What is fetched without the browser: robots.txt, sitemaps, requests that send something. */
  readonly http: Fetcher;
  readonly timeoutMs: number;
  readonly userAgent: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Cookies for an address, as a header has them. */
  readonly cookies: (url: URL) => string | undefined;
  readonly verifyTls: boolean;
  readonly proxy: string | undefined;
  /** Where screenshots of failures go. */
  readonly folder: string | undefined;
}

/** Fetches pages with a browser, where they need one. */
export class BrowserFetcher implements Fetcher {
  readonly login: Fetcher["login"];
  readonly #p: BrowserParts;
  readonly #when: (url: URL) => boolean;
  readonly #slots: Slots;
  #browser: Promise<Browser> | undefined;
  #context: Promise<BrowserContext> | undefined;
  #opened = 0;
  #screenshots = 0;
  #closed = false;

  constructor(parts: BrowserParts) {
    this.#p = parts;
    this.login = parts.http.login;
    const { when, missing, pages } = parts.options;
    this.#when = when === undefined ? () => missing === undefined : compileMatcher(when);
    this.#slots = new Slots(pages);
  }

  async fetch(wish: FetchWish): Promise<Fetched> {
    const { http, options } = this.#p;
    if (wish.page !== true || wish.request !== undefined) return http.fetch(wish);
    if (this.#when(new URL(wish.url))) return this.#slots.use(() => this.#open(wish));
    const fetched = await http.fetch(wish);
    if (options.missing === undefined || !lacks(fetched, options.missing)) return fetched;
    return this.#slots.use(() => this.#open(wish));
  }

  async close(): Promise<void> {
    this.#closed = true;
    const browser = await this.#browser?.catch(() => undefined);
    await browser?.close().catch(() => undefined);
    await this.#p.http.close();
  }

  async #open(wish: FetchWish): Promise<Fetched> {
    wish.signal.throwIfAborted();
    const context = await this.#contextFor(new URL(wish.url));
    const page = await context.newPage().catch((error: unknown) => {
      this.#context = undefined;
      throw failure(wish.url, error);
    });
    const abort = (): void => void page.close().catch(() => undefined);
    wish.signal.addEventListener("abort", abort, { once: true });
    try {
      return await this.#read(page, wish);
    } catch (error) {
      wish.signal.throwIfAborted();
      // What the browser would save to a file is no page; the other fetcher tells what it is.
      if (String(error).includes("Download is starting")) return await this.#p.http.fetch(wish);
      await this.#keepScreenshot(page);
      throw failure(wish.url, error);
    } finally {
      wish.signal.removeEventListener("abort", abort);
      await page.close().catch(() => undefined);
    }
  }

  async #read(page: BrowserPage, { url }: FetchWish): Promise<Fetched> {
    const { options, timeoutMs } = this.#p;
    const event = EVENTS.find((each) => each === options.waitFor);
    const answer = await page.goto(url, { waitUntil: event ?? "load", timeout: timeoutMs });
    const status = answer?.status() ?? 200;
    if (status < 400) {
      if (event === undefined)
        await page.waitForSelector(options.waitFor, { timeout: timeoutMs, state: "attached" });
      await options.act?.(page);
      await scroll(page, options.scroll);
    }
    const headers: Record<string, string> = {
      ...answer?.headers(),
      "content-type": "text/html; charset=utf-8",
    };
    delete headers["location"];
    return { status, headers, body: Buffer.from(await page.content()), url: page.url() };
  }

  async #contextFor(url: URL): Promise<BrowserContext> {
    if (this.#opened++ % CONTEXT_PAGES === CONTEXT_PAGES - 1) this.#renew();
    this.#context ??= this.#newContext();
    const context = await this.#context.catch((error: unknown) => {
      this.#context = undefined;
      throw error;
    });
    const cookies = this.#p.cookies(url)?.split("; ") ?? [];
    const pairs = cookies.map((pair) => [
      pair.slice(0, pair.indexOf("=")),
      pair.slice(pair.indexOf("=") + 1),
    ]);
    if (pairs.length > 0)
      await context
        .addCookies(pairs.map(([name = "", value = ""]) => ({ name, value, url: url.origin })))
        .catch(() => undefined);
    return context;
  }

  /** The pages that are open in the old one are read to their end. */
  #renew(): void {
    const old = this.#context;
    this.#context = undefined;
    void this.#slots
      .idle()
      .then(async () => (await old)?.close())
      .catch(() => undefined);
  }

  async #newContext(): Promise<BrowserContext> {
    const { options, userAgent, headers, verifyTls } = this.#p;
    const browser = await this.#running();
    const context = await browser.newContext({
      userAgent,
      extraHTTPHeaders: { ...headers },
      ignoreHTTPSErrors: !verifyTls,
    });
    const blocked = new Set(options.block);
    if (blocked.size > 0) {
      await context.route("**/*", (route, request) =>
        blocked.has(request.resourceType()) ? route.abort() : route.continue(),
      );
    }
    return context;
  }

  /** A browser that has crashed is started again. */
  async #running(): Promise<Browser> {
    if (this.#closed) throw new MillraceError("MLR_SOURCE_FAILED", "crawl(): the browser is closed");
    const current = await this.#browser?.catch(() => undefined);
    if (current?.isConnected() === true) return current;
    const { options, proxy } = this.#p;
    this.#browser = launchBrowser({ executablePath: options.executablePath, args: options.args, proxy });
    return this.#browser;
  }

  async #keepScreenshot(page: BrowserPage): Promise<void> {
    const { folder } = this.#p;
    if (folder === undefined || this.#screenshots >= MAX_SCREENSHOTS) return;
    this.#screenshots++;
    const name = `failure-${String(this.#screenshots).padStart(2, "0")}.png`;
    try {
      const image = await page.screenshot({ type: "png", timeout: 5_000 });
      await mkdir(folder, { recursive: true });
      await writeFile(path.join(folder, name), image);
    } catch {
      // A page that has crashed has no picture; the failure itself is told.
      this.#context = undefined;
    }
  }
}

/** As long as the page grows by it. */
async function scroll(page: BrowserPage, times: number): Promise<void> {
  const height = (): Promise<number> => page.evaluate<number>("document.documentElement.scrollHeight");
  for (let time = 0; time < times; time++) {
    const before = await height();
    await page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)");
    await page.waitForTimeout(SCROLL_MS);
    if ((await height()) <= before) return;
  }
}

function lacks({ status, headers, body }: Fetched, selector: string): boolean {
  if (status < 200 || status >= 300 || !(headers["content-type"] ?? "text/html").includes("html"))
    return false;
  const document = parseHtml(decodePage(body, headers["content-type"]), "fast");
  return selectOne(compileSelector(selector), document) === undefined;
}

function failure(url: string, error: unknown): MillraceError {
  if (error instanceof MillraceError) return error;
  const message = error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : String(error);
  return new MillraceError("MLR_SOURCE_FAILED", `${url} could not be read in the browser: ${message}`, {
    hint: "Look at the screenshot beside the crawl's file; `browser.waitFor` and `timeoutMs` say what is waited for, and how long.",
    cause: error,
  });
}
