import type { ReaderContext } from "./reader.ts";
import type { VariableInput } from "./variable.ts";

/** A plan that is fetched when sampling starts: a CSV file, a database table, what a device offers. */
export interface PlanLoader {
  /** Where it comes from, for messages. */
  readonly name: string;
  /** Fails with MLR_SOURCE_NOT_FOUND or MLR_SOURCE_FORMAT. */
  load(context: ReaderContext): Promise<readonly VariableInput[]>;
}
