import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { manualClock } from "@millrace/core/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { csvContexts, csvPlan, SamplingCollector, simulator, storedRepository } from "../index.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "millrace-plan-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const load = (text: string): ReturnType<ReturnType<typeof csvPlan>["load"]> => {
  writeFileSync(path.join(directory, "plan.csv"), text);
  return csvPlan({ path: "plan.csv" }).load({ clock: manualClock(), directory, log: () => undefined });
};

test("a file's lines become variables, with what is empty left out", async () => {
  const text = `# the press
id,Name,reader,address,interval_ms,Scale,deadband,tags
1,"oil, hot",modbus,40001,250,0.1,2%,"press,oil"
2,,opcua,"ns=2;s=A",,,,
`;
  expect(await load(text)).toEqual([
    {
      id: 1,
      name: "oil, hot",
      reader: "modbus",
      address: "40001",
      intervalMs: 250,
      scale: 0.1,
      deadband: "2%",
      tags: ["press", "oil"],
    },
    { id: 2, reader: "opcua", address: "ns=2;s=A" },
  ]);
});

test("what is wrong is told with its line", async () => {
  await expect(load("id,reader,address\n1,modbus,40001\nx,modbus,40002\n")).rejects.toThrow(
    'plan.csv, line 3: "x" in the column "id"',
  );
  await expect(load("id,address\n1,40001\n")).rejects.toThrow('there is no value in the column "reader"');
  await expect(load("id,reader,address\n1,modbus\n")).rejects.toMatchObject({ code: "MLR_SOURCE_FORMAT" });
  await expect(
    csvPlan({ path: "none.csv" }).load({ clock: manualClock(), directory, log: () => undefined }),
  ).rejects.toMatchObject({ code: "MLR_SOURCE_NOT_FOUND" });
});

test("a collector starts contexts by their ids, from files", async () => {
  writeFileSync(
    path.join(directory, "contexts.csv"),
    "id,name,plan,interval_ms,duration_seconds\n7,stand,3,200,1\n",
  );
  writeFileSync(path.join(directory, "3.csv"), "id,reader,address\n1,simulator,ramp\n");
  const clock = manualClock();
  const times: number[] = [];
  const collector = new SamplingCollector({
    clock,
    directory,
    readers: [simulator()],
    repository: storedRepository({
      contexts: csvContexts({ path: "contexts.csv" }),
      plan: (id) => csvPlan({ path: `${id}.csv` }),
    }),
    listeners: [{ onSample: ({ time }) => void times.push(time) }],
  });
  expect(await collector.start(7)).toMatchObject({ id: 7, name: "stand" });
  await clock.advance(2_000);
  expect(times).toHaveLength(5);
  await expect(collector.start(8)).rejects.toThrow("there is no context 8");
  await collector.close();
});
