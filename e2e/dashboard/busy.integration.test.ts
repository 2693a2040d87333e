import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { builtDashboard } from "./built-dashboard.ts";
import { chromiumPath, launchChromium } from "./chromium.ts";
import { seriousFindings, settled } from "./project-bed.ts";
import { openSeededServer, type SeededServer } from "./seeded-server.ts";

describe.skipIf(chromiumPath() === undefined)(
  "the dashboard of a busy installation",
  { timeout: 180_000 },
  () => {
    let server: SeededServer;
    let browser: Browser;
    let context: BrowserContext;

    beforeAll(async () => {
      await builtDashboard();
      server = await openSeededServer({ size: { pipelines: 500, runs: 20 } });
      browser = await launchChromium();
      context = await browser.newContext();
      context.setDefaultTimeout(90_000);
      const page = await context.newPage();
      await page.goto(server.firstSignIn);
      await page.getByRole("button", { name: "Continue" }).click();
      await page.getByRole("heading", { name: "Choose a password" }).waitFor();
      await page.close();
    }, 300_000);

    afterAll(async () => {
      await browser?.close();
      await server?.close();
    });

    it.each([
      ["/", 360],
      ["/", 1280],
      ["/pipelines", 360],
      ["/pipelines", 1280],
      ["/runs", 1280],
      ["/errors", 1280],
    ])("shows %s at %i px, all of it reachable", async (path, width) => {
      const page = await context.newPage();
      await page.setViewportSize({ width, height: 900 });
      await page.goto(server.url + path);
      await settled(page);
      expect(await page.evaluate<number>(`document.documentElement.scrollWidth`)).toBeLessThanOrEqual(width);
      expect(await seriousFindings(page)).toEqual([]);
      await page.close();
    });
  },
);
