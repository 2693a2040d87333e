import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath } from "./chromium.ts";
import { openProjectBed, type ProjectBed, seriousFindings } from "./project-bed.ts";

const PIPELINE = `import { pipeline, postgres, pushed } from "millrace";

export default [
  pipeline("prices", {
    source: pushed({ columns: { price: "numeric(12,2)" } }),
    destination: postgres().table("prices", { key: ["sku"], mode: "merge" }),
  }),
  pipeline("cities", {
    source: async function* () { yield { id: 1, name: "Zürich" }; },
    destination: postgres().table("cities", { key: ["id"], mode: "merge" }),
  }),
];
`;

describe.skipIf(chromiumPath() === undefined)("the data API in the dashboard", { timeout: 180_000 }, () => {
  let bed: ProjectBed;
  beforeAll(async () => {
    bed = await openProjectBed({ "pipelines/prices.ts": PIPELINE });
  }, 300_000);
  afterAll(() => bed?.close());

  it("exposes a table, says who sees it, and hides it again", async () => {
    const page = await bed.open("/data-api");
    await page.getByRole("button", { name: "Expose a table" }).click();
    await page.getByRole("textbox", { name: "Table" }).fill("prices");
    await page.getByRole("button", { name: "Expose", exact: true }).click();
    const grid = page.getByRole("table", { name: "Exposed tables" });
    await grid.getByText("reader").waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole("button", { name: "Who sees prices" }).click();
    await page.getByRole("textbox", { name: "Role" }).fill("partner");
    await page.getByLabel("Only these columns").fill("sku");
    await page.getByLabel("Only rows for which this holds").fill('{"column":"price","op":"gte","value":10}');
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole("button", { name: "Let it see the table" }).click();
    await grid.getByText("partner: some rows and columns").waitFor();
    await page.getByRole("button", { name: "Hide prices" }).click();
    await page.getByRole("button", { name: "Hide", exact: true }).click();
    await page.getByText("No table is exposed").waitFor();
    await page.close();
  });

  it("makes a key and shows it once, keeps a query, and shows the streams that take rows", async () => {
    const page = await bed.open("/data-api?tab=keys");
    await page.getByRole("button", { name: "New key" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("shop");
    await page.getByRole("button", { name: "Make the key" }).click();
    await page
      .getByText(/^mlrd_/)
      .first()
      .waitFor();
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByRole("table", { name: "Keys of the data API" }).getByText("shop").waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole("tab", { name: "Saved queries" }).click();
    await page.getByRole("button", { name: "Keep a query" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("all prices");
    await page.getByRole("textbox", { name: "Query" }).fill("{ prices { nodes { sku } } }");
    await page.getByRole("button", { name: "Keep", exact: true }).click();
    await page.getByRole("table", { name: "Saved queries" }).getByText("all prices").waitFor();
    await page.getByRole("tab", { name: "Ingest clients" }).click();
    await page.getByRole("table", { name: "Streams" }).getByText("prices").waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.close();
  });

  it("serves a page on which GraphQL is written and answered, and one that describes the tables", async () => {
    for (const args of [
      ["run", "cities"],
      ["data", "expose", "cities", "--public"],
    ]) {
      const { code, stderr } = await bed.project.millrace(...args);
      expect(code, stderr).toBe(0);
    }
    const [, address = ""] = await bed.said(/described at (\S+)\/docs/);
    const page = await bed.open("/");
    await page.goto(`${address}/graphql`);
    await page.getByRole("button", { name: /Execute query/ }).click();
    await page.getByLabel("Result Window").getByText('"Query"').waitFor();
    await page.goto(`${address}/docs`);
    await page.getByRole("heading", { name: "cities" }).waitFor();
    await page.close();
    expect(bed.problems).toEqual([]);
  });
});
