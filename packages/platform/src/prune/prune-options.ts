/** What goes. */
export interface PruneOptions {
  /** What is from before this time goes. Default: the time is no reason. */
  readonly olderThan?: Date | undefined;
  /** Only so many, the newest ones, stay. Default: their number is no reason. */
  readonly keep?: number | undefined;
  /** Only counts what would go. Default false. */
  readonly dryRun?: boolean | undefined;
  /** Ends it after the next few thousand rows. */
  readonly signal?: AbortSignal | undefined;
}
