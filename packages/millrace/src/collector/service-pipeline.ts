import path from "node:path";
import { exchange, marketTables } from "@millrace/connectors/exchange";
import { postgres } from "@millrace/connectors/postgres";
import { MillraceError, type Pipeline, pipeline, type Source } from "@millrace/core";
import { importDefault } from "../project/import-file.ts";
import type { ServiceCollector } from "./service-config.ts";

/** The pipeline that a configured collector is. Fails as its source does. @param folder that of the configuration */
export async function servicePipeline(collector: ServiceCollector, folder: string): Promise<Pipeline> {
  const { name, tables, prefix } = collector;
  return pipeline(name, {
    source: await sourceOf(collector, folder),
    destination: postgres().tables(tables ?? marketTables(prefix)),
  });
}

async function sourceOf(collector: ServiceCollector, folder: string): Promise<Source> {
  const { name, source, module, exchange: market, options } = collector;
  if (source !== undefined) return source;
  if (market !== undefined) {
    // Checked by exchange() itself.
    return exchange(market, options as unknown as Parameters<typeof exchange>[1]);
  }
  const loaded = await importDefault(path.resolve(folder, module ?? ""), folder);
  if (typeof loaded === "object" && loaded !== null && "read" in loaded) return loaded as Source;
  throw new MillraceError("MLR_PROJECT_INVALID", `${module ?? ""}: has no default export of a source`, {
    hint: `Collector "${name}" wants: export default collector({ … })`,
  });
}
