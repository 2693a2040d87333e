export { type Fire } from "./fire.ts";
export { cron } from "./cron.ts";
export { describeSchedule, type DescribeOptions } from "./describe-schedule.ts";
export { every, type EveryOptions } from "./every.ts";
export { durationOf } from "./duration.ts";
export { describeCatchUp } from "./describe-catch-up.ts";
export { instantOf } from "./instant-of.ts";
export { missedFires, type MissedFiresOptions } from "./missed-fires.ts";
export { nextFire, nextFires, type NextFiresOptions } from "./next-fire.ts";
export {
  type BlackoutOptions,
  type CatchUpOptions,
  type Duration,
  type ScheduleOptions,
} from "./schedule-options.ts";
export { ScheduleTimer, type ScheduleTimerOptions, type TimedFire } from "./schedule-timer.ts";
export { partitionsOf, type Partition, type PartitionRange, type PartitionUnit } from "./partitions.ts";
