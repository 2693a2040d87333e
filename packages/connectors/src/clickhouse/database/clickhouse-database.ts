import type { Database } from "@millrace/core";
import type { ResolvedClickHouseOptions } from "../options.ts";
import type { ServerSettings } from "../settings.ts";
export async function connectDatabase(_settings: ServerSettings, _options: ResolvedClickHouseOptions): Promise<Database> {
  throw new Error("later");
}
