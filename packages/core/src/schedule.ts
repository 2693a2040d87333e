/** What happens to fires that nobody was there for, when the scheduler comes back. */
export interface CatchUp {
  /** `none`: they are left out; `latest`: the last of them runs once; `all`: each runs, oldest first. */
  readonly policy: "none" | "latest" | "all";
  /** At most so many runs are made up for, the newest ones. Default 100. */
  readonly limit: number;
  /** Fires that are older than this are left out, in milliseconds. Default 7 days. */
  readonly maxAgeMs: number;
}

/** A time in which nothing is started: fires in it are left out. */
export interface Blackout {
  /** Cron expression of its beginnings, in the schedule's time zone. */
  readonly from: string;
  /** How long it lasts, in milliseconds. */
  readonly lengthMs: number;
}

/** What every schedule has. */
interface ScheduleBase {
  /** IANA name of the time zone in which its times are meant, such as `Europe/Berlin`. Default `UTC`. */
  readonly timeZone: string;
  /** Each fire is put off by a time between 0 and this, the same for the same fire, in milliseconds. Default 0. */
  readonly jitterMs: number;
  /** Default `latest`, at most 100, not older than 7 days. */
  readonly catchUp: CatchUp;
  readonly blackouts: readonly Blackout[];
}

/** When a pipeline runs by itself: plain data, made by `every` or `cron`. */
export type Schedule =
  | (ScheduleBase & {
      readonly kind: "cron";
      /** 5 or 6 fields, or a name such as `@daily`. */
      readonly expression: string;
    })
  | (ScheduleBase & {
      readonly kind: "interval";
      /** Milliseconds from one fire to the next. */
      readonly everyMs: number;
      /** A time (ms since 1970) at which it fires, and from which the others are counted. Default 0. */
      readonly anchorMs: number;
    });
