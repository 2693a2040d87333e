import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath } from "./chromium.ts";
import { seriousFindings } from "./project-bed.ts";
import { openShellBed, PASSWORD, type ShellBed } from "./shell-bed.ts";

describe.skipIf(chromiumPath() === undefined)(
  "the frame of the dashboard, Home and operations",
  { timeout: 180_000 },
  () => {
    let bed: ShellBed;
    beforeAll(async () => {
      bed = await openShellBed();
    }, 300_000);
    afterAll(() => bed?.close(), 60_000);

    it("signs the first administrator in by the link, once, and has a password chosen", async () => {
      const page = await bed.admin.newPage();
      await page.goto(bed.link);
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

      const other = await bed.newContext();
      const again = await other.newPage();
      await again.goto(bed.link);
      await again.getByRole("button", { name: "Continue" }).click();
      await again.getByRole("alert").waitFor();
      await other.close();
    });

    it("sends people who are not signed in to sign in, says what is wrong, and takes them where they wanted to go", async () => {
      const context = await bed.newContext();
      const page = await bed.open(context, "/events?type=run.committed");
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
      const page = await bed.open(bed.admin, path);
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
      expect(bed.problems).toEqual([]);
    });
  },
);
