/** What rules observed in runs before: lent by whoever keeps the results. */
export interface QualityHistory {
  /**
   * Numbers that a rule observed in past runs whose rows landed, newest first, at most `limit`. A failure only keeps the
   * rule from being compared with the past.
   */
  observed(query: {
    readonly pipeline: string;
    readonly table: string;
    readonly rule: string;
    readonly limit: number;
  }): Promise<readonly number[]>;
}
