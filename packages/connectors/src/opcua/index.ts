import { parseOptions } from "@millrace/core";
import type { PlanLoader, SamplingReader } from "../shared/sampling/index.ts";
import { browsePlan } from "./browse.ts";
import { OpcuaReader } from "./opcua-reader.ts";
import { browseOptions, opcuaOptions, type BrowseOptions, type OpcuaOptions } from "./options.ts";

export type { BrowseOptions, OpcuaOptions } from "./options.ts";

/**
 * Reads nodes of an OPC UA server by their ids, in batches, or has the server tell of changes. Status codes become qualities.
 * Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID; needs the package `node-opcua`.
 * @example opcua({ url: "opc.tcp://10.0.0.8:4840" })
 */
export function opcua(options: OpcuaOptions): SamplingReader {
  return new OpcuaReader(parseOptions(opcuaOptions, options, "opcua()"));
}

/**
 * All variables that a server has below a node, as a plan, found out when sampling starts. A variable's id follows from its node.
 * Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID; needs the package `node-opcua`.
 * @example browse({ url: "opc.tcp://10.0.0.8:4840", root: "ns=2;s=Plant" })
 */
export function browse(options: BrowseOptions): PlanLoader {
  return browsePlan(parseOptions(browseOptions, options, "browse()"));
}
