/**
 * A model of cost against pipelines and workers: `npm run scale-model`. Measures the steps of the queue on this machine, then
 * simulates fleets of up to 10,000 pipelines and 1,000 workers, and prints what docs/scale.md shows.
 */
import { measureTimes } from "./measure-times.ts";
import { simulate } from "./simulate.ts";

const FLEETS = [
  { pipelines: 100, workers: 2 },
  { pipelines: 1_000, workers: 20 },
  { pipelines: 10_000, workers: 100 },
  { pipelines: 10_000, workers: 300 },
  { pipelines: 10_000, workers: 1_000 },
] as const;
const EVERY = [300, 60, 15] as const;

const times = await measureTimes();
console.log("Measured on this machine, in milliseconds:");
for (const [name, ms] of Object.entries(times)) console.log(`  ${name.padEnd(12)} ${ms.toFixed(2)}`);
console.log(
  "\n| pipelines | every | workers × 4 slots | runs/s | late p50 | late p99 | database busy | slots busy | bottleneck |",
);
console.log("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
for (const everySeconds of EVERY) {
  for (const fleet of FLEETS) {
    const found = simulate({
      ...fleet,
      everySeconds,
      slots: 4,
      runSeconds: 5,
      databaseServers: 2,
      seconds: 600,
      times,
    });
    const percent = (share: number): string => `${Math.round(share * 100)} %`;
    const ms = (value: number): string =>
      value < 1_000 ? `${value.toFixed(0)} ms` : `${(value / 1_000).toFixed(0)} s`;
    const cells = [
      fleet.pipelines.toLocaleString("en-US"),
      `${everySeconds} s`,
      fleet.workers.toLocaleString("en-US"),
      (found.finished / 600).toFixed(1),
      ms(found.lateP50Ms),
      ms(found.lateP99Ms),
      percent(found.databaseBusy),
      percent(found.slotsBusy),
      found.bottleneck,
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}
