import type { Browser, BrowserContext, Page } from "playwright-core";
import { freePort } from "../../packages/connectors/test/free-port.ts";
import { freshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { type Running, type TestProject, testProject } from "../cli/cli.ts";
import { builtDashboard } from "./built-dashboard.ts";
import { launchChromium } from "./chromium.ts";

const PIPELINES = `import { pipeline, postgres } from "millrace";
export default [
  pipeline("steady", {
    source: async function* () {
      for (let id = 0; id < 60; id++) { await new Promise((resolve) => setTimeout(resolve, 100)); yield { id }; }
    },
    destination: postgres().table("steady", { key: ["id"], mode: "merge" }),
  }),
  pipeline("price-list", {
    source: async function* () { yield { id: 1 }; throw new Error("the price list of 店 is gone"); },
    limits: { attempts: 1 },
    destination: postgres().table("prices", { key: ["id"], mode: "merge" }),
  }),
];
`;

/** The password that tests choose. */
export const PASSWORD = "four words in a row";
/** The machine of tests may be slow: no test is about how long anything takes. */
export const PATIENCE_MS = 45_000;

/** `millrace up` on a project with a pipeline that works and one that fails, and a browser in which nobody has signed in. */
export interface ShellBed {
  readonly project: TestProject;
  /** Who will be the administrator. */
  readonly admin: BrowserContext;
  /** The address that signs the administrator in. */
  readonly link: string;
  /** Errors that pages logged or threw, refusals of the content security policy among them. */
  readonly problems: readonly string[];
  newContext(): Promise<BrowserContext>;
  open(context: BrowserContext, path: string): Promise<Page>;
  address(path: string): string;
  /** Signs the administrator in and chooses the password. */
  signIn(): Promise<void>;
  stop(): Promise<void>;
  /** Starts the server again, at the same address. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Starts the project and the browser. */
export async function openShellBed(): Promise<ShellBed> {
  await builtDashboard();
  const database = await freshDatabase();
  const port = await freePort();
  const project = await testProject(
    { "pipelines/all.ts": PIPELINES },
    {
      MILLRACE_DATABASE_URL: database.url,
      MILLRACE_API_PORT: String(port),
      MILLRACE_MASTER_PASSWORD: "a password for the secrets of tests",
    },
  );
  let server = await up(project);
  const browser = await launchChromium();
  const problems: string[] = [];
  const newContext = (): Promise<BrowserContext> => watchedContext(browser, problems);
  const admin = await newContext();
  const address = (path: string): string => `http://localhost:${port}${path}`;
  return {
    project,
    admin,
    link: server.link,
    problems,
    newContext,
    address,
    open: async (context, path) => {
      const page = await context.newPage();
      await page.goto(address(path));
      return page;
    },
    signIn: () => choosePassword(admin, server.link),
    stop: async () => {
      server.running.child.kill("SIGTERM");
      await server.running.ended;
    },
    start: async () => {
      server = await up(project);
    },
    close: async () => {
      await browser.close();
      server.running.child.kill("SIGKILL");
      await server.running.ended;
      await project.remove();
      await database.drop();
    },
  };
}

/** Follows a link that signs in, and chooses the password that it asks for. */
export async function choosePassword(context: BrowserContext, link: string): Promise<void> {
  const page = await context.newPage();
  await page.goto(link);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByLabel("Once more").fill(PASSWORD);
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByRole("navigation", { name: "Pages" }).waitFor();
  await page.close();
}

async function up(project: TestProject): Promise<{ running: Running; link: string }> {
  const running = project.start("up");
  let said = "";
  running.child.stderr?.on("data", (chunk: string) => (said += chunk));
  await running.says("Dashboard: ");
  await running.says("registered");
  return { running, link: /Dashboard: (\S+)/.exec(said)?.[1] ?? "" };
}

async function watchedContext(browser: Browser, problems: string[]): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  context.setDefaultTimeout(PATIENCE_MS);
  context.on("weberror", (error) => problems.push(error.error().message));
  context.on("console", (message) => {
    // A refused sign-in and a server that is gone are told on the console by the browser itself.
    if (
      message.type() === "error" &&
      !message.text().includes("Failed to load resource") &&
      !message.text().includes("WebSocket")
    )
      problems.push(message.text());
  });
  return context;
}
