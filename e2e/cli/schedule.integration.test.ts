import { afterEach, expect, test } from "vitest";
import { type TestProject, testProject } from "./cli.ts";

let project: TestProject;
afterEach(() => project.remove());

const PIPELINES = `import { cron, every, pipeline, rows } from "millrace";
import { memoryDestination } from "@millrace/core/testing";
const plain = { source: rows([{ id: 1 }]), destination: memoryDestination().table("t") };
export default [
  pipeline("stations", { ...plain, schedule: cron("30 2 * * *", { timeZone: "Europe/Berlin" }) }),
  pipeline("quakes", { ...plain, group: "geo", schedule: every("6 hours", { jitter: "30 s" }) }),
  pipeline("alerts", { ...plain, parents: ["quakes"] }),
  pipeline("report", { ...plain, parents: ["quakes", "stations"] }),
  pipeline("off", { ...plain, enabled: false, schedule: cron("@daily") }),
  pipeline("letters", { ...plain, parents: ["report"], parentRule: "finished" }),
];
`;

test("schedule shows the tree, when each runs, and the next times of all", async () => {
  project = await testProject({ "pipelines/all.ts": PIPELINES });
  const { code, stdout, stderr } = await project.millrace("schedule", "--from", "2026-03-28", "--count", "4");
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toBe(`pipeline       runs                               next
stations       at 02:30 every day, Europe/Berlin  2026-03-28 02:30:00 +01:00
quakes         every 6 hours                      2026-03-28 00:00:12 +00:00
├─ alerts      after quakes
└─ report      after quakes and stations
   └─ letters  after report
off            at 00:00 every day, UTC            disabled

next
2026-03-28 00:00:12 +00:00  quakes
2026-03-28 02:30:00 +01:00  stations
2026-03-28 06:00:05 +00:00  quakes
2026-03-28 12:00:04 +00:00  quakes
`);
});

test("one pipeline is told in full, its times right where clocks are set", async () => {
  project = await testProject({ "pipelines/all.ts": PIPELINES });
  const { stdout } = await project.millrace("schedule", "stations", "--from", "2026-03-28", "--count", "3");
  expect(stdout).toBe(`pipeline   stations
file       pipelines/all.ts
runs       at 02:30 every day, Europe/Berlin
cron       30 2 * * *
time zone  Europe/Berlin
if missed  the latest runs, if not older than 7 days
before     report
next       2026-03-28 02:30:00 +01:00
           2026-03-29 03:00:00 +02:00
           2026-03-30 02:30:00 +02:00
`);
});

test("with --json the data of the schedule and its next times", async () => {
  project = await testProject({ "pipelines/all.ts": PIPELINES });
  const { stdout } = await project.millrace(
    "schedule",
    "stations",
    "--from",
    "2026-03-29",
    "--count",
    "1",
    "--json",
  );
  expect(JSON.parse(stdout)).toMatchObject({
    name: "stations",
    text: "at 02:30 every day, Europe/Berlin",
    timeZone: "Europe/Berlin",
    schedule: { kind: "cron", expression: "30 2 * * *" },
    parents: [],
    children: ["report"],
    next: [{ due: "2026-03-29T01:00:00.000Z", start: "2026-03-29T01:00:00.000Z" }],
  });
  const all = JSON.parse((await project.millrace("schedule", "--group", "geo", "--json")).stdout) as {
    name: string;
  }[];
  expect(all.map(({ name }) => name)).toEqual(["quakes"]);
});

test("parents that are no pipelines, and pipelines that come after themselves, are told", async () => {
  project = await testProject({
    "pipelines/all.ts": PIPELINES.replace('["quakes"]', '["quake"]').replace(
      '"stations", { ...plain,',
      '"stations", { ...plain, parents: ["letters"],',
    ),
  });
  const { code, stdout, stderr } = await project.millrace("schedule");
  expect(code).toBe(0);
  for (const name of ["stations", "report", "letters", "alerts"]) expect(stdout).toContain(name);
  expect(stderr).toContain('"alerts" has a parent "quake", which is no pipeline; did you mean "quakes"?');
  expect(stderr).toContain('"stations" comes after itself');
});

test("list tells when pipelines run", async () => {
  project = await testProject({ "pipelines/all.ts": PIPELINES });
  const { stdout } = await project.millrace("list");
  expect(stdout).toContain("at 02:30 every day, Europe/Berlin");
  expect(stdout).toContain("after quakes and stations");
  const [first] = JSON.parse((await project.millrace("list", "--json")).stdout) as object[];
  expect(first).toMatchObject({ schedule: { kind: "cron", timeZone: "Europe/Berlin" }, parents: [] });
});

test("a wrong time or pipeline is refused", async () => {
  project = await testProject({ "pipelines/all.ts": PIPELINES });
  const time = await project.millrace("schedule", "--from", "soon");
  expect([time.code, time.stderr]).toEqual([2, expect.stringContaining('--from: "soon" is no time')]);
  const name = await project.millrace("schedule", "quake");
  expect([name.code, name.stderr]).toEqual([3, expect.stringContaining('Did you mean "quakes"?')]);
  expect((await project.millrace("schedule", "--count", "0")).code).toBe(2);
});
