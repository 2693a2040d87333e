import type { Pipeline } from "@millrace/core";
import { type DescribeOptions, describeSchedule } from "@millrace/orchestrator/schedule";

/** When a pipeline runs by itself, for people: `every 5 minutes`, `after a and b`; nothing where it does not. */
export function scheduleText(pipeline: Pipeline, options: DescribeOptions = {}): string {
  return [
    ...(pipeline.schedule === undefined ? [] : [describeSchedule(pipeline.schedule, options)]),
    ...parentsText(pipeline, options),
  ].join("; ");
}

function parentsText({ parents = [], parentRule }: Pipeline, { brief }: DescribeOptions): string[] {
  if (parents.length === 0) return [];
  const names =
    parents.length === 1 ? parents[0] : `${parents.slice(0, -1).join(", ")} and ${parents.at(-1)}`;
  return [
    parentRule === "finished" && brief !== true ? `after ${names}, also where they failed` : `after ${names}`,
  ];
}
