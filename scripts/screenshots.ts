import { cp, mkdir, mkdtemp, realpath, rm, stat, symlink } from "node:fs/promises";
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { repositoryRoot } from "./repository-root.ts";

/**
 * Makes the pictures of the dashboard for the docs: `npm run screenshots`. It serves the example project from an empty
 * folder, lets every pipeline run, and takes each page in the light theme, Home in the dark one as well.
 */

type StorageState = Awaited<ReturnType<BrowserContext["storageState"]>>;

interface Picture {
  readonly name: string;
  readonly path: string;
  readonly dark?: boolean;
  /** What is done on the page before the picture is taken. */
  readonly prepare?: (page: Page) => Promise<void>;
}

const WIDTH = 1280;
const HEIGHT = 800;
const FOLDER = join(repositoryRoot, "docs", "images", "dashboard");
const CLI = join(repositoryRoot, "packages", "millrace", "src", "cli.ts");

const PICTURES: readonly Picture[] = [
  { name: "home", path: "/" },
  { name: "home-dark", path: "/", dark: true },
  { name: "pipelines", path: "/pipelines" },
  { name: "pipeline", path: "/pipelines/movies" },
  { name: "runs", path: "/runs" },
  { name: "run", path: "/runs", prepare: openFirst("flights") },
  { name: "tables", path: "/data" },
  { name: "rows", path: "/data/airports" },
  {
    name: "row-history",
    path: "/data/earthquakes",
    prepare: async (page) => {
      await page.getByRole("grid").getByRole("row").nth(3).click();
      await page.getByRole("dialog").waitFor();
    },
  },
  { name: "quarantine", path: "/data/pushes?tab=quarantine" },
  { name: "lineage", path: "/lineage" },
  { name: "queues", path: "/queues" },
  { name: "workers", path: "/workers" },
  { name: "logs", path: "/logs" },
  { name: "events", path: "/events" },
  { name: "storage", path: "/storage" },
  { name: "settings", path: "/settings" },
  { name: "users", path: "/users" },
];

/** Opens the newest run of a pipeline in a list. */
function openFirst(pipeline: string): (page: Page) => Promise<void> {
  return async (page) => {
    const links = page.getByRole("table", { name: "Runs" }).getByRole("link");
    await links.filter({ hasText: pipeline }).first().click();
    await page.getByRole("heading", { name: /^Run of/ }).waitFor();
  };
}

async function main(): Promise<void> {
  const project = await copyOfExamples();
  const browser = await chromium.launch({ executablePath: await chromiumPath(), args: ["--no-sandbox"] });
  const server = serveProject(project);
  try {
    const link = await server.link;
    await server.quiet;
    await mkdir(FOLDER, { recursive: true });
    await takeAll(browser, link);
  } finally {
    await browser.close();
    await server.stop();
    await rm(project, { recursive: true, force: true });
  }
}

/** The example project without what it kept, so that the pictures show a fresh start. */
async function copyOfExamples(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "millrace-screenshots-")));
  for (const part of ["millrace.config.ts", "pipelines", "connectors", "properties"])
    await cp(join(repositoryRoot, "examples", part), join(folder, part), { recursive: true });
  await symlink(join(repositoryRoot, "node_modules"), join(folder, "node_modules"), "junction");
  return folder;
}

interface Server {
  /** The address that signs the administrator in. */
  readonly link: Promise<string>;
  /** Resolves when the first runs are over. */
  readonly quiet: Promise<void>;
  readonly stop: () => Promise<void>;
}

/** The first runs take some seconds; the largest example reads three million rows. */
const LONGEST_MS = 240_000;

function serveProject(folder: string): Server {
  const child = spawn(process.execPath, ["--conditions=@millrace/source", CLI, "up", "--run-new"], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  const waiting = new Set<() => void>();
  const hear = (chunk: string): void => {
    said += chunk;
    for (const look of waiting) look();
  };
  child.stdout.setEncoding("utf8").on("data", hear);
  child.stderr.setEncoding("utf8").on("data", hear);
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const matches = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`the project did not say ${String(pattern)}:\n${said}`)),
        LONGEST_MS,
      );
      const look = (): void => {
        const found = pattern.exec(said);
        if (found === null) return;
        clearTimeout(timer);
        waiting.delete(look);
        resolve(found[1] ?? "");
      };
      waiting.add(look);
      look();
    });
  return {
    link: matches(/Dashboard: (\S+#\S+)/),
    quiet: Promise.all([
      matches(/flights (succeeded)/),
      matches(/movies (succeeded)/),
      matches(/quake-reports (succeeded)/),
    ]).then(() => undefined),
    stop: async () => {
      child.kill("SIGINT");
      await ended;
    },
  };
}

async function takeAll(browser: Browser, link: string): Promise<void> {
  const state = await signedIn(browser, link);
  for (const picture of PICTURES) {
    const context = await browser.newContext({
      viewport: { width: WIDTH, height: HEIGHT },
      colorScheme: picture.dark === true ? "dark" : "light",
      reducedMotion: "reduce",
      storageState: state,
    });
    const page = await context.newPage();
    await page.goto(new URL(link).origin + picture.path);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.locator(".animate-pulse-soft").first().waitFor({ state: "detached" });
    await picture.prepare?.(page);
    // What is drawn in the frame after the last answer belongs into the picture.
    await page.waitForTimeout(800);
    await page.mouse.move(WIDTH - 2, HEIGHT - 2);
    await page.evaluate(`(${hidePath})(${JSON.stringify(repositoryRoot)})`);
    const file = join(FOLDER, `${picture.name}.png`);
    await page.screenshot({ path: file });
    process.stdout.write(`${picture.name}.png ${String(Math.round((await stat(file)).size / 1000))} kB\n`);
    await context.close();
  }
}

/** Writes a folder that every reader may have in place of this machine's. Runs in the page, whose types are not known here. */
const hidePath = `(folder) => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text !== null; text = texts.nextNode())
    text.nodeValue = text.nodeValue.replaceAll(folder, "/srv/millrace");
}`;

async function signedIn(browser: Browser, link: string): Promise<StorageState> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(link);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { name: "Choose a password" }).waitFor();
  const state = await context.storageState();
  await context.close();
  return state;
}

async function chromiumPath(): Promise<string> {
  for (const place of ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"])
    if ((await stat(place).catch(() => undefined)) !== undefined) return place;
  throw new Error("The pictures are taken with chromium: apt-get install chromium");
}

await main();
