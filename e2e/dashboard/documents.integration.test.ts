import { mkdir, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makePdf } from "../../packages/connectors/test/pdf/make-pdf.ts";
import { chromiumPath } from "./chromium.ts";
import { openProjectBed, type ProjectBed, seriousFindings, settled } from "./project-bed.ts";

const PIPELINE = `import { defineStage, documents, pipeline, postgres } from "millrace";

export default pipeline("bills", {
  source: documents({
    folder: "papers",
    watch: true,
    poll: 200,
    stableFor: 200,
    stages: [
      defineStage("documents.*.extracted", ({ text }) => {
        const words = text?.pages[0]?.words ?? [];
        const word = words.at(-1);
        if (word === undefined) return;
        const { text: raw, x0, y0, x1, y1 } = word;
        return {
          type: "bill",
          values: { total: raw, customer: null },
          lines: { items: [{ item: "flour", amount: "12.00" }] },
          places: { total: { page: 1, box: { x0, y0, x1, y1 }, raw } },
          fieldConfidence: { total: 0.4 },
          problems: [{ field: "customer", code: "missing", message: "no customer was found" }],
          confidence: 0.4,
        };
      }),
    ],
  }),
  destination: postgres().tables({
    bill: { name: "bills", mode: "merge" },
    bill_items: { name: "bill_items", mode: "merge" },
  }),
});
`;

describe.skipIf(chromiumPath() === undefined)("documents in the dashboard", { timeout: 240_000 }, () => {
  let bed: ProjectBed;
  beforeAll(async () => {
    bed = await openProjectBed({ "pipelines/bills.ts": PIPELINE });
    const inbox = path.join(bed.project.root, "papers", "inbox");
    await mkdir(inbox, { recursive: true });
    await writeFile(
      path.join(inbox, ".bill"),
      await makePdf([
        ({ write }) => (write("Bill of the mill", 60, 80, 20), write("Total: 17.00", 60, 140, 14)),
      ]),
    );
    await rename(path.join(inbox, ".bill"), path.join(inbox, "bill.pdf"));
    await writeFile(path.join(inbox, "odd.bin"), Buffer.from([0, 1, 2, 3, 255, 254, 0, 9]));
  }, 300_000);
  afterAll(() => bed?.close());

  it("lets a person correct a document that is not sure, which lands then", async () => {
    const run = await bed.open("/pipelines/bills?action=run");
    await run.getByRole("button", { name: "Run now" }).click();
    await run.getByRole("heading", { name: "Run of bills", level: 1 }).waitFor();
    await run.close();

    const page = await bed.open("/documents");
    await expect
      .poll(() => states(page), { timeout: 120_000, interval: 500 })
      .toEqual({
        "bill.pdf": "review",
        "odd.bin": "failed",
      });
    await expect.poll(() => shown(page), { timeout: 60_000, interval: 500 }).toBe(1);
    await page.reload();
    const row = page.getByRole("table", { name: "Documents" }).getByRole("row", { name: /bill\.pdf/ });
    await row.getByText("To review").waitFor();
    const odd = page.getByRole("row", { name: /odd\.bin/ });
    await odd.getByText("Failed").waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await shoot(page, "documents");
    await row.getByRole("link", { name: "bill.pdf" }).click();

    await page.getByRole("heading", { name: "bill.pdf", level: 1 }).waitFor();
    await settled(page);
    await page.getByRole("img", { name: "Page 1 of bill.pdf" }).waitFor();
    await page.getByText("no customer was found").first().waitFor();
    expect(await page.getByLabel("total", { exact: true }).inputValue()).toBe("17.00");
    await page.getByLabel("total", { exact: true }).fill("19.00");
    await page.getByLabel("customer", { exact: true }).fill("Birch & Reed");
    expect(await seriousFindings(page)).toEqual([]);
    await shoot(page, "document");
    await page.getByRole("button", { name: "Correct and accept" }).click();
    await page.getByText("bill.pdf was corrected", { exact: true }).waitFor();
    await expect
      .poll(async () => (await states(page))["bill.pdf"], { timeout: 120_000, interval: 500 })
      .toBe("done");
    await page.reload();
    await page.locator("header").getByText("Done").waitFor();
    await page.getByRole("row", { name: /accepted Corrected/ }).waitFor();
    expect(bed.problems).toEqual([]);
    await page.close();

    const table = await bed.open("/data/bills");
    await table.getByText("Birch & Reed").first().waitFor();
    await table.getByText("19.00").first().waitFor();
    await table.close();
  });
});

interface Listed {
  readonly items: readonly { readonly id: string; readonly name: string; readonly state: string }[];
}

type Opened = Awaited<ReturnType<ProjectBed["open"]>>;

/** What the API says of each document. */
async function states(page: Opened): Promise<Record<string, string>> {
  const { items } = (await (
    await page.request.get(new URL("/api/v1/documents", page.url()).href)
  ).json()) as Listed;
  return Object.fromEntries(items.map(({ name, state }) => [name, state]));
}

/** Pages of the bill that there are pictures of. */
async function shown(page: Opened): Promise<number> {
  const list = (await (
    await page.request.get(new URL("/api/v1/documents?name=bill", page.url()).href)
  ).json()) as Listed;
  const address = new URL(`/api/v1/documents/${list.items[0]?.id ?? ""}`, page.url()).href;
  const { shown: pages } = (await (await page.request.get(address)).json()) as {
    readonly shown: readonly unknown[];
  };
  return pages.length;
}

/** Pictures for whoever looks at them, where a folder for them is named. */
async function shoot(page: Opened, name: string): Promise<void> {
  const folder = process.env["MILLRACE_TEST_SCREENSHOTS"];
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  for (const scheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.screenshot({ path: path.join(folder, `${name}-${scheme}.png`), fullPage: true });
  }
  await page.emulateMedia({ colorScheme: "light" });
}
