import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath } from "./chromium.ts";
import { seriousFindings } from "./project-bed.ts";
import { choosePassword, openShellBed, PATIENCE_MS, type ShellBed } from "./shell-bed.ts";

describe.skipIf(chromiumPath() === undefined)("steering from the dashboard", { timeout: 180_000 }, () => {
  let bed: ShellBed;
  beforeAll(async () => {
    bed = await openShellBed();
    await bed.signIn();
  }, 300_000);
  afterAll(() => bed?.close(), 60_000);

  it("shows on Home, without a reload, what runs, what failed and why", async () => {
    const home = await bed.open(bed.admin, "/");
    await home.locator("main h1").waitFor();
    const started = await Promise.all(
      ["steady", "price-list"].map((name) => bed.project.start("run", name).ended),
    );
    expect(started.map(({ code }) => code)).toContain(0);
    const attention = home.getByRole("region", { name: "Needs attention" });
    await attention.getByText("the price list of 店 is gone").waitFor();
    await attention.getByRole("button", { name: "Retry: price-list" }).waitFor();
    const errors = home.getByRole("region", { name: "Errors", exact: true });
    await errors.getByText(/the price list of/).waitFor();
    await errors.getByRole("link").filter({ hasText: "the price list" }).click();
    await home.getByRole("heading", { level: 2, name: "Latest runs" }).waitFor();
    expect(await seriousFindings(home)).toEqual([]);
    await home.close();
  });

  it("goes anywhere by keys: palette, letters, search, help", async () => {
    const page = await bed.open(bed.admin, "/");
    await page.locator("main h1").waitFor();
    await page.keyboard.press("Control+k");
    await page.getByPlaceholder("Pipeline, table, run id or page").fill("price-l");
    await page.getByRole("option", { name: /price-list/ }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "price-list" }).waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("w");
    await page.getByRole("heading", { level: 1, name: "Workers" }).waitFor();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("g");
    await page.keyboard.press("s");
    await page.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("apiPort");
    await page.getByText("MILLRACE_API_PORT").waitFor();
    await page.close();
  });

  it("sets a secret that is never shown, and deletes it only when its name is typed", async () => {
    const page = await bed.open(bed.admin, "/secrets");
    await page.getByRole("button", { name: "Set a secret" }).click();
    await page.getByLabel("Name").fill("shop-key");
    await page.getByLabel("Value").fill("hunter2-and-more");
    await page.getByRole("button", { name: "Set", exact: true }).click();
    await page.getByRole("cell", { name: "shop-key", exact: true }).waitFor();
    expect(await page.content()).not.toContain("hunter2");
    await page.getByRole("button", { name: "Delete shop-key" }).click();
    const confirm = page.getByRole("dialog").getByRole("button", { name: "Delete" });
    expect(await confirm.isDisabled()).toBe(true);
    await page.getByLabel(/Type shop-key/).fill("shop-key");
    await confirm.click();
    await page.getByText("No secrets").waitFor();
    await page.close();
  });

  it("lets a viewer look and nothing else", async () => {
    const page = await bed.open(bed.admin, "/users");
    await page.getByRole("button", { name: "Add a user" }).click();
    await page.getByLabel("Name").fill("grete");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    const link = await page.getByRole("region", { name: "Link that signs in once" }).innerText();
    await page.close();

    const context = await bed.newContext();
    await choosePassword(context, link.trim());
    const viewer = await bed.open(context, "/");
    await viewer.locator("main h1").waitFor();
    expect(await viewer.getByRole("link", { name: "Audit" }).count()).toBe(0);
    expect(await viewer.getByRole("button", { name: /Retry|again|Mute/ }).count()).toBe(0);
    await viewer.goto(bed.address("/pipelines/steady"));
    await viewer.getByRole("heading", { level: 1, name: "steady" }).waitFor();
    expect(await viewer.getByRole("button", { name: /^(Run|Pause)$/ }).count()).toBe(0);
    await viewer.goto(bed.address("/audit"));
    await viewer.getByText("MLR_ACCESS_DENIED").waitFor();
    const refused = await viewer.evaluate<number>(
      `fetch("/api/v1/pipelines/steady/start", { method: "POST", headers: { "x-millrace-request": "1", "content-type": "application/json" }, body: "{}" }).then((answer) => answer.status)`,
    );
    expect(refused).toBe(403);
    await context.close();
  });

  it("says that the server is gone, and goes on by itself when it is back", async () => {
    const page = await bed.open(bed.admin, "/runs");
    await page.getByRole("link", { name: "steady" }).first().waitFor();
    const before = await page.getByRole("row").count();
    await bed.stop();
    await page.getByText("No connection to the server").waitFor();
    await bed.start();
    await page.getByText("No connection to the server").waitFor({ state: "detached" });
    const ended = await bed.project.start("run", "steady").ended;
    expect(ended.code).toBe(0);
    await expect.poll(() => page.getByRole("row").count(), { timeout: PATIENCE_MS }).toBeGreaterThan(before);
    await page.close();
  });

  it("broke no rule of the content security policy and threw nothing", () => {
    expect(bed.problems).toEqual([]);
  });
});
