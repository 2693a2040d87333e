import type { Database } from "@millrace/core";
import type { ResolvedMariadbOptions } from "../options.ts";

export async function openDatabase(_options: ResolvedMariadbOptions): Promise<Database> {
  throw new Error("under way");
}
