import { setTimeout as wait } from "node:timers/promises";
import axeCore from "axe-core";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { freshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { type TestProject, testProject } from "../cli/cli.ts";
import { builtDashboard } from "./built-dashboard.ts";
import { launchChromium } from "./chromium.ts";

/** A project that `millrace up` serves, and a browser in which an administrator is signed in. */
export interface ProjectBed {
  readonly project: TestProject;
  /** Address of the dashboard, without a path. */
  readonly url: string;
  /** Waits until the platform says something of this form on its terminal. */
  readonly said: (what: RegExp) => Promise<RegExpExecArray>;
  /** A page of the dashboard; everything that goes wrong in it is in `problems`. */
  readonly open: (path: string) => Promise<Page>;
  /** Errors that pages logged or threw, refusals of the content security policy among them. */
  readonly problems: readonly string[];
  /** Idempotent. */
  readonly close: () => Promise<void>;
}

/** Starts a project with these files. */
export async function openProjectBed(files: Readonly<Record<string, string>>): Promise<ProjectBed> {
  await builtDashboard();
  const database = await freshDatabase();
  const project = await testProject(files, { MILLRACE_DATABASE_URL: database.url });
  const running = project.start("up");
  let said = "";
  running.child.stderr?.on("data", (chunk: string) => (said += chunk));
  running.child.stdout?.on("data", (chunk: string) => (said += chunk));
  await running.says("This address signs you in");
  await running.says("registered");
  const link = /Dashboard: (\S+)/.exec(said)?.[1] ?? "";
  const browser = await launchChromium();
  const { context, problems } = await signIn(browser, link);
  const url = new URL(link).origin;
  return {
    project,
    url,
    said: async (what) => {
      for (;;) {
        const found = what.exec(said);
        if (found !== null) return found;
        await wait(100);
      }
    },
    problems,
    open: async (path) => {
      const page = await context.newPage();
      await page.goto(url + path);
      return page;
    },
    close: async () => {
      await browser.close();
      running.child.kill("SIGKILL");
      await running.ended;
      await project.remove();
      await database.drop();
    },
  };
}

async function signIn(
  browser: Browser,
  link: string,
): Promise<{ context: BrowserContext; problems: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true });
  // Machines that run many tests at once are slow.
  context.setDefaultTimeout(60_000);
  const problems: string[] = [];
  context.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  context.on("weberror", (error) => problems.push(error.error().message));
  const page = await context.newPage();
  await page.goto(link);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { name: "Choose a password" }).waitFor();
  await page.close();
  return { context, problems };
}

/** Waits until a page shows what it was opened for: nothing keeps the place of what is on its way. */
export async function settled(page: Page): Promise<void> {
  await page.locator("main h1, [role=dialog] h2").first().waitFor();
  await page.locator(".animate-pulse-soft").first().waitFor({ state: "detached" });
}

interface Finding {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly string[];
}

/** What axe finds serious or critical on a page, in words: empty where all is well. */
export async function seriousFindings(page: Page): Promise<readonly string[]> {
  await page.evaluate(axeCore.source);
  // Half-way between two themes a button has the colours of neither.
  await page.evaluate(
    `Promise.allSettled(document.getAnimations().filter((each) => each instanceof CSSTransition).map((each) => each.finished))
       .then(() => undefined)`,
  );
  const found = await page.evaluate<Finding[]>(
    `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }).then(({ violations }) =>
       violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map((node) => node.html) })))`,
  );
  return found
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).join(" | ")}`);
}
