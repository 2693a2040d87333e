import { createServer } from "node:net";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FreshDatabase, freshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { type Running, type TestProject, testProject } from "../cli/cli.ts";
import { builtDashboard } from "./built-dashboard.ts";
import { chromiumPath, launchChromium } from "./chromium.ts";
import { seriousFindings } from "./project-bed.ts";

const PIPELINES = `import { pipeline, postgres } from "millrace";
export default [
  pipeline("steady", {
    source: async function* () {
      for (let id = 0; id < 60; id++) { await new Promise((resolve) => setTimeout(resolve, 100)); yield { id }; }
    },
    destination: postgres().table("steady", { key: ["id"], mode: "merge" }),
  }),
  pipeline("注文-broken", {
    source: async function* () { yield { id: 1 }; throw new Error("the price list of 店 is gone"); },
    limits: { attempts: 1 },
    destination: postgres().table("prices", { key: ["id"], mode: "merge" }),
  }),
];
`;
const PASSWORD = "four words in a row";
/** The machine of tests may be slow: no test is about how long anything takes. */
const PATIENCE_MS = 45_000;
const TEST_MS = 180_000;

describe.skipIf(chromiumPath() === undefined)(
  "the frame of the dashboard, Home and operations",
  { timeout: TEST_MS },
  () => {
    let database: FreshDatabase;
    let project: TestProject;
    let port: number;
    let server: { readonly running: Running; readonly link: string };
    let browser: Browser;
    let admin: BrowserContext;
    const problems: string[] = [];

    beforeAll(async () => {
      await builtDashboard();
      database = await freshDatabase();
      port = await freePort();
      project = await testProject(
        { "pipelines/all.ts": PIPELINES },
        {
          MILLRACE_DATABASE_URL: database.url,
          MILLRACE_API_PORT: String(port),
          MILLRACE_MASTER_PASSWORD: "a password for the secrets of tests",
        },
      );
      server = await up();
      browser = await launchChromium();
      admin = await newContext();
    }, 300_000);

    afterAll(async () => {
      await browser?.close();
      server?.running.child.kill("SIGKILL");
      await server?.running.ended;
      await project?.remove();
      await database?.drop();
    }, 60_000);

    async function up(): Promise<{ running: Running; link: string }> {
      const running = project.start("up");
      let said = "";
      running.child.stderr?.on("data", (chunk: string) => (said += chunk));
      await running.says("Dashboard: ");
      await running.says("registered");
      return { running, link: /Dashboard: (\S+)/.exec(said)?.[1] ?? "" };
    }

    async function newContext(): Promise<BrowserContext> {
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

    async function open(context: BrowserContext, path: string): Promise<Page> {
      const page = await context.newPage();
      await page.goto(`http://localhost:${port}${path}`);
      return page;
    }

    it("signs the first administrator in by the link, once, and has a password chosen", async () => {
      const page = await admin.newPage();
      await page.goto(server.link);
      await page.getByRole("button", { name: "Continue" }).waitFor();
      expect(new URL(page.url()).hash).toBe("");
      expect(await seriousFindings(page)).toEqual([]);
      await page.getByRole("button", { name: "Continue" }).click();
      await page.getByLabel("Password").fill(PASSWORD);
      await page.getByLabel("Once more").fill("something else entirely");
      await page.getByText("This is not the same.").waitFor();
      await page.getByLabel("Once more").fill(PASSWORD);
      await page.getByRole("button", { name: "Set the password" }).click();
      await page.getByRole("navigation", { name: "Pages" }).waitFor();
      await page.locator("main h1").waitFor();
      await page.close();

      const other = await newContext();
      const again = await other.newPage();
      await again.goto(server.link);
      await again.getByRole("button", { name: "Continue" }).click();
      await again.getByRole("alert").waitFor();
      await other.close();
    });

    it("sends people who are not signed in to sign in, says what is wrong, and takes them where they wanted to go", async () => {
      const context = await newContext();
      const page = await open(context, "/events?type=run.committed");
      await page.getByRole("heading", { name: "Sign in to Millrace" }).waitFor();
      await page.getByLabel("Name").fill("admin");
      await page.getByLabel("Password").fill("not the password");
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
      await page.getByRole("alert").waitFor();
      expect(await seriousFindings(page)).toEqual([]);
      await page.getByLabel("Password").fill(PASSWORD);
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
      await page.getByRole("heading", { level: 1, name: "Events" }).waitFor();
      expect(page.url()).toContain("type=run.committed");
      await page.getByRole("button", { name: "Account of admin" }).click();
      await page.getByRole("menuitem", { name: "Sign out" }).click();
      await page.getByRole("heading", { name: "Sign in to Millrace" }).waitFor();
      await context.close();
    });

    it.each([
      "/",
      "/runs",
      "/queues",
      "/tasks",
      "/workers",
      "/logs",
      "/events",
      "/errors",
      "/notifications",
      "/storage",
      "/settings",
      "/secrets",
      "/users",
      "/users?tab=tokens",
      "/audit",
    ])("has nothing on %s that keeps people out, in either theme", async (path) => {
      const page = await open(admin, path);
      await page.locator("main h1").first().waitFor();
      await page.locator(".animate-pulse-soft").first().waitFor({ state: "detached" });
      expect(await seriousFindings(page)).toEqual([]);
      await page.emulateMedia({ colorScheme: "dark" });
      await page.locator(`html[data-theme="dark"]`).waitFor();
      expect(await seriousFindings(page)).toEqual([]);
      await page.setViewportSize({ width: 360, height: 780 });
      await page.getByRole("navigation", { name: "Main pages" }).waitFor();
      const wider = await page.evaluate<number>(
        `document.documentElement.scrollWidth - document.documentElement.clientWidth`,
      );
      expect(wider).toBeLessThanOrEqual(0);
      await page.close();
    });

    it("broke no rule of the content security policy and threw nothing", () => {
      expect(problems).toEqual([]);
    });
  },
);

/** A port that nobody has. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
