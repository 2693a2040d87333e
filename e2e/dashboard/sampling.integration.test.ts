import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath } from "./chromium.ts";
import { openProjectBed, type ProjectBed, seriousFindings, settled } from "./project-bed.ts";

const PIPELINE = `import { pipeline, postgres, sampling, simulator } from "millrace";

export default pipeline("oven", {
  source: sampling({
    plan: [
      { id: 1, name: "temperature", address: "sine(60, 90, 30)", reader: "simulator", unit: "°C" },
      { id: 2, name: "pieces", address: "counter(5)", reader: "simulator" },
    ],
    readers: [simulator()],
    intervalMs: 200,
  }),
  destination: postgres().table("samples"),
});
`;

describe.skipIf(chromiumPath() === undefined)("sampling in the dashboard", { timeout: 180_000 }, () => {
  let bed: ProjectBed;
  beforeAll(async () => {
    bed = await openProjectBed({ "pipelines/oven.ts": PIPELINE });
  }, 300_000);
  afterAll(() => bed?.close());

  it("shows live what is sampled, pauses a context, lets it go on, and stops it", async () => {
    const run = await bed.open("/pipelines/oven?action=run");
    await run.getByRole("button", { name: "Run now" }).click();
    await run.getByRole("heading", { name: "Run of oven", level: 1 }).waitFor();
    await run.close();

    const page = await bed.open("/sampling");
    const row = page.getByRole("table", { name: "Sampling" }).getByRole("row", { name: /oven/ });
    // The run tells of itself within a second or two; the page is loaded before or after.
    await expect
      .poll(
        async () => {
          if ((await row.count()) === 0) await page.reload();
          return row.count();
        },
        { timeout: 60_000 },
      )
      .toBe(1);
    await row.getByText("Running").waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await row.getByRole("link", { name: "oven" }).click();

    await page.getByRole("heading", { name: "oven", level: 1 }).waitFor();
    await settled(page);
    const variables = page.getByRole("table", { name: "Variables" });
    await variables.getByRole("row", { name: /temperature [\d.]+ °C .*good/ }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);

    const context = page.getByRole("table", { name: "Contexts" }).getByRole("row", { name: /oven/ });
    const samples = async (): Promise<number> =>
      Number(
        (await context.locator("td:nth-child(4) span[title]").getAttribute("title"))?.replaceAll(/\D/gu, ""),
      );
    await context.getByRole("button", { name: "Pause" }).click();
    await context.getByText("Paused").waitFor();
    const paused = await samples();
    await context.getByRole("button", { name: "Resume" }).click();
    await context.getByText("Running").waitFor();
    await expect.poll(samples, { timeout: 60_000 }).toBeGreaterThan(paused);

    await context.getByRole("button", { name: "Stop" }).click();
    const dialog = page.getByRole("dialog");
    expect(await seriousFindings(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Stop" }).click();
    await page.getByText("oven is stopped", { exact: true }).waitFor();
    await page.getByText("All have ended or were stopped.").waitFor();
    expect(bed.problems).toEqual([]);
    await page.close();
  });
});
