import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath } from "./chromium.ts";
import { openProjectBed, seriousFindings, settled, type ProjectBed } from "./project-bed.ts";

const PIPELINES = `import { derive, pipeline, postgres } from "millrace";
import { z } from "zod";

const counter = {
  async *read({ params }) {
    for (let id = 0; id < params.count; id++) {
      await new Promise((resolve) => setTimeout(resolve, 60));
      console.log("counted " + id + " for " + params.name);
      yield { type: "rows", stream: "counted", slice: "a", rows: [{ id, name: params.name }] };
      yield { type: "checkpoint", slice: "a", state: id };
    }
  },
};

export default [
  pipeline("counter", {
    params: z.object({ name: z.string().default("world").describe("Whose rows they are"), count: z.number().int().default(3) }),
    source: counter,
    destination: postgres().table("counted", { key: ["id"], mode: "upsert" }),
  }),
  pipeline("broken", {
    source: async function* () { console.warn("the second row has no price"); yield { id: 1, price: "12" }; yield { id: 2 }; },
    transforms: [derive({ price: (row) => { if (row.price === undefined) throw new TypeError("no price in row " + row.id); return Number(row.price); } })],
    limits: { attempts: 1 },
    destination: postgres().table("prices", { key: ["id"], mode: "merge" }),
  }),
];
`;

describe.skipIf(chromiumPath() === undefined)(
  "pipelines and runs in the dashboard",
  { timeout: 180_000 },
  () => {
    let bed: ProjectBed;
    beforeAll(async () => {
      bed = await openProjectBed({ "pipelines/all.ts": PIPELINES });
    }, 300_000);
    afterAll(() => bed?.close());

    it("runs a pipeline from its form, and shows without a reload how it goes and ends", async () => {
      const page = await bed.open("/pipelines");
      await page.getByRole("link", { name: "counter" }).click();
      await page.getByRole("button", { name: "Run", exact: true }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("count").fill("many");
      await dialog.getByRole("button", { name: "Run now" }).click();
      await dialog.getByText("Write a whole number, such as 12.").waitFor();
      await dialog.getByLabel("count").fill("40");
      await dialog.getByLabel("name").fill("Ada");
      await dialog.getByRole("button", { name: "Run now" }).click();
      await page.getByRole("heading", { name: "Run of counter", level: 1 }).waitFor();
      await page.getByRole("progressbar").waitFor();
      await page.getByRole("tab", { name: "Log" }).click();
      await page.getByText("counted 39 for Ada").waitFor();
      await page.getByRole("tab", { name: "Summary" }).click();
      await page.locator("header").getByText("Succeeded").waitFor();
      const counts = page.getByRole("region", { name: "Counts of each table" });
      expect(await counts.getByRole("row", { name: /counted/ }).innerText()).toMatch(/counted\s+40\s+40\s+0/);
      await page.getByRole("tab", { name: "Parameters and resources" }).click();
      await page
        .getByRole("list", { name: "Names of parameters" })
        .getByText("name", { exact: true })
        .waitFor();
      await page.close();
    });

    it("shows why a run failed, what to do, and its log", async () => {
      const page = await bed.open("/pipelines/broken?action=run");
      await page.getByRole("button", { name: "Run now" }).click();
      const note = page.getByRole("region", { name: "Error" });
      await note.getByText(/no price in row 2/).waitFor();
      await note.getByText("MLR_TRANSFORM_FAILED").waitFor();
      await note.getByText(/onError: "reject"/).waitFor();
      expect(await seriousFindings(page)).toEqual([]);
      await page.getByRole("tab", { name: "Log" }).click();
      await page.getByText("the second row has no price").waitFor();
      await page.getByLabel("Level", { exact: true }).selectOption("error");
      await page.getByText("the second row has no price").waitFor({ state: "detached" });
      expect(new URL(page.url()).searchParams.get("level")).toBe("error");
      expect(await seriousFindings(page)).toEqual([]);
      await page.getByRole("tab", { name: "What changed" }).click();
      await page.getByText("No earlier run of this pipeline has succeeded.").waitFor();
      await page.close();
    });

    it("pauses and resumes a pipeline, and asks for its name before its checkpoint is forgotten", async () => {
      const page = await bed.open("/pipelines/broken");
      await page.getByText("no price in row 2").waitFor();
      await page.getByRole("button", { name: "Pause" }).click();
      await page.locator("header").getByText("Paused", { exact: true }).waitFor();
      await page.getByRole("button", { name: "Resume" }).click();
      await page.getByRole("button", { name: "Pause" }).waitFor();
      await page.getByRole("button", { name: "More to do" }).click();
      await page.getByRole("menuitem", { name: "Reset checkpoint…" }).click();
      const confirm = page.getByRole("button", { name: "Reset checkpoint" });
      expect(await confirm.isDisabled()).toBe(true);
      await page.getByLabel(/Type broken to go on/).fill("broken");
      await confirm.click();
      await page.getByText("The checkpoint of broken is forgotten").first().waitFor();
      await page.close();
    });

    it("plans a backfill before it starts one", async () => {
      const page = await bed.open("/pipelines/broken?action=backfill:2026-03-01");
      await page.getByRole("button", { name: "Show the plan" }).click();
      const plan = page.getByRole("region", { name: "Plan" });
      await plan.getByText("2026-03-01").waitFor();
      await page.getByRole("button", { name: "Start 1 run" }).waitFor();
      await page.getByRole("button", { name: "Cancel" }).click();
      await page.close();
    });

    it("filters pipelines by the address", async () => {
      const page = await bed.open("/pipelines?state=failing");
      await page.getByRole("link", { name: "broken" }).waitFor();
      expect(await page.getByRole("link", { name: "counter" }).count()).toBe(0);
      await page.getByRole("searchbox", { name: "Search pipelines" }).fill("nothing of that name");
      await page.getByRole("button", { name: "Show all pipelines" }).click();
      await page.getByRole("link", { name: "counter" }).waitFor();
      await page.close();
    });

    it.each([
      "/pipelines",
      "/pipelines/counter",
      "/pipelines/counter?tab=runs",
      "/pipelines/counter?tab=settings",
      "/pipelines/counter?action=run",
      "/runs",
      "/backfills",
      "/lineage",
    ])("has nothing on %s that keeps people out", async (path) => {
      const page = await bed.open(path);
      await settled(page);
      expect(await seriousFindings(page)).toEqual([]);
      await page.close();
    });

    it("logged no error and broke no rule of the content security policy", () => {
      expect(bed.problems).toEqual([]);
    });
  },
);
