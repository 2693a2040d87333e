import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { chromiumPath } from "./chromium.ts";
import { openProjectBed, seriousFindings, settled, type ProjectBed } from "./project-bed.ts";

const pipelineWith = (price: string): string => `import { check, json, pipeline, postgres } from "millrace";
import { z } from "zod";

export default pipeline("shop", {
  source: json({ path: "data/products.json" }),
  transforms: [check(z.object({ id: z.number(), name: z.string(), price: ${price} }))],
  destination: postgres().table("products", { key: ["id"], mode: "merge", columns: { price: "numeric(10,2)" } }),
});
`;
const PRODUCTS = [
  ...Array.from({ length: 300 }, (_, id) => ({ id, name: `product ${String(id)}`, price: 10 + (id % 7) })),
  { id: 900, name: "pen with a price in words", price: "4.20" },
];

describe.skipIf(chromiumPath() === undefined)("collected data in the dashboard", { timeout: 180_000 }, () => {
  let bed: ProjectBed;
  beforeAll(async () => {
    bed = await openProjectBed({
      "pipelines/shop.ts": pipelineWith("z.number()"),
      "data/products.json": JSON.stringify(PRODUCTS),
    });
    const page = await bed.open("/pipelines/shop?action=run");
    await runToEnd(page);
    await page.close();
  }, 300_000);
  afterAll(() => bed?.close());

  async function runToEnd(page: Page): Promise<void> {
    await page.getByRole("button", { name: "Run now" }).click();
    await page.getByRole("heading", { name: "Run of shop" }).waitFor();
    await page.locator("header").getByText("Succeeded").waitFor();
  }

  it("shows the rows of a table, filtered, sorted, and as a file", async () => {
    const page = await bed.open("/data");
    await page.getByRole("link", { name: "products", exact: true }).click();
    const grid = page.getByRole("grid", { name: "Rows of products" });
    await grid.getByText("product 0", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Filter" }).click();
    await page.getByLabel("Column", { exact: true }).selectOption("price");
    await page.getByLabel("Condition", { exact: true }).selectOption(">=");
    await page.getByLabel("Value", { exact: true }).fill("16");
    await page.getByRole("button", { name: "Add the filter" }).click();
    await grid.getByText("product 6", { exact: true }).waitFor();
    await grid.getByText("product 0", { exact: true }).waitFor({ state: "detached" });
    await grid
      .getByRole("columnheader", { name: /\bid\b/ })
      .getByRole("button")
      .click();
    await grid
      .getByRole("columnheader", { name: /\bid\b/ })
      .getByRole("button")
      .click();
    await expect.poll(() => grid.getByRole("row").nth(1).innerText()).toContain("product 293");
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page
        .getByRole("button", { name: "Export" })
        .click()
        .then(() => page.getByRole("menuitem", { name: "CSV" }).click()),
    ]);
    const lines = (await readFile(await file.path(), "utf8")).trim().split("\n");
    expect(lines).toHaveLength(1 + PRODUCTS.filter(({ price }) => Number(price) >= 16).length);
    expect(lines[1]).toContain("product 293");
    await page.reload();
    await expect.poll(() => grid.getByRole("row").nth(1).innerText()).toContain("product 293");
    expect(await seriousFindings(page)).toEqual([]);
    await page.close();
  });

  it("reaches rows far below by the keyboard, loading pages on the way", async () => {
    const page = await bed.open("/data/products");
    const grid = page.getByRole("grid");
    await grid.getByText("product 0", { exact: true }).waitFor();
    await grid.getByRole("row").nth(1).focus();
    // End goes to the last row that is loaded, which brings the next page.
    await expect
      .poll(async () => {
        await page.keyboard.press("End");
        return grid.getByText("product 299", { exact: true }).count();
      })
      .toBe(1);
    await page.close();
  });

  it("tells what happened to a row, field by field, and which rows changed between two runs", async () => {
    const changed = PRODUCTS.filter(({ id }) => id !== 5).map((one) =>
      one.id === 3 ? { ...one, price: 99, name: "dear product" } : one,
    );
    await bed.project.write("data/products.json", JSON.stringify(changed));
    const page = await bed.open("/pipelines/shop?action=run");
    await runToEnd(page);
    await page.goto(`${bed.url}/data/products`);
    await page.getByRole("grid").getByText("dear product").click();
    const drawer = page.getByRole("dialog");
    await drawer.getByText("updated").waitFor();
    const update = drawer.getByRole("region", { name: "History" }).getByRole("listitem").first();
    expect(await update.locator("del").allInnerTexts()).toContainEqual(expect.stringContaining("product 3"));
    expect(await update.locator("ins").allInnerTexts()).toContainEqual(
      expect.stringContaining("dear product"),
    );
    expect(await seriousFindings(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await drawer.waitFor({ state: "detached" });
    await page.getByRole("tab", { name: "Changes" }).click();
    await page.getByText("dear product").waitFor();
    await page.getByText("removed", { exact: true }).first().waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole("tab", { name: "Removed rows" }).click();
    await page
      .getByRole("grid", { name: "Removed rows of products" })
      .getByText("product 5", { exact: true })
      .waitFor();
    await page.close();
  });

  it("shows refused rows with the reason, and puts them through again once the check is mended", async () => {
    const page = await bed.open("/data/products?tab=quarantine");
    await page.getByText("MLR_ROW_INVALID").first().waitFor();
    await page
      .getByText(/pen with a price in words/)
      .first()
      .waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await bed.project.write("pipelines/shop.ts", pipelineWith("z.coerce.number()"));
    await page.getByRole("button", { name: "Reprocess…" }).click();
    await page.getByRole("button", { name: "Reprocess", exact: true }).click();
    await page.getByRole("heading", { name: "Run of shop" }).waitFor();
    await page.locator("header").getByText("Succeeded").waitFor();
    await page.goto(`${bed.url}/data/products?tab=quarantine`);
    await page.getByText("No row was refused").waitFor();
    await page.getByRole("tab", { name: "Rows", exact: true }).click();
    await page.getByRole("button", { name: "Filter" }).click();
    await page.getByLabel("Column", { exact: true }).selectOption("id");
    await page.getByLabel("Value", { exact: true }).fill("900");
    await page.getByRole("button", { name: "Add the filter" }).click();
    await page.getByRole("grid").getByText("pen with a price in words").waitFor();
    await page.close();
  });

  it.each([
    "/data",
    "/data/products?tab=overview",
    "/data/products?tab=columns",
    "/data/products?tab=api",
    "/data/nothing",
  ])("has nothing on %s that keeps people out", async (path) => {
    const page = await bed.open(path);
    await settled(page);
    expect(await seriousFindings(page)).toEqual([]);
    await page.close();
  });
});
