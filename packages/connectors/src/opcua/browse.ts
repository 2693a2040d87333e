import { createHash } from "node:crypto";
import { asMillraceError, MillraceError } from "@millrace/core";
import type { ReferenceDescription } from "node-opcua";
import type { PlanLoader, VariableInput } from "../shared/sampling/index.ts";
import { openConnection, type OpcuaConnection } from "./connection.ts";
import type { ResolvedBrowseOptions } from "./options.ts";

/** The variables below a node, as a plan. */
export function browsePlan(options: ResolvedBrowseOptions): PlanLoader {
  return {
    name: `plan of ${options.url}`,
    async load(context) {
      const connection = await openConnection(options, {
        directory: context.directory,
        secrets: context,
      }).catch((error: unknown) => {
        throw asMillraceError(error, "MLR_SOURCE_FAILED", `OPC UA server ${options.url}`);
      });
      try {
        return await walk(connection, options);
      } finally {
        await connection.close();
      }
    },
  };
}

async function walk(connection: OpcuaConnection, options: ResolvedBrowseOptions): Promise<VariableInput[]> {
  const found = new Map<string, VariableInput>();
  const seen = new Set<string>([options.root]);
  let level: { readonly nodeId: string; readonly path: string }[] = [{ nodeId: options.root, path: "" }];
  for (let depth = 0; depth < options.maxDepth && level.length > 0; depth += 1) {
    const next: typeof level = [];
    for (const [parent, child] of await childrenOf(connection, level)) {
      const nodeId = child.nodeId.toString();
      if (seen.has(nodeId) || (child.nodeId.namespace === 0 && !options.system)) continue;
      seen.add(nodeId);
      const name = child.browseName.name ?? nodeId;
      const path = parent.path === "" ? name : `${parent.path}.${name}`;
      if (child.nodeClass === connection.driver.NodeClass.Variable)
        found.set(nodeId, { id: idOf(nodeId), name: path, address: nodeId, reader: options.reader });
      if (found.size > options.maxVariables) throw tooMany(options);
      next.push({ nodeId, path });
    }
    level = next;
  }
  return [...found.values()];
}

/** Nodes of one request. */
const BROWSED = 100;

async function childrenOf<P extends { readonly nodeId: string }>(
  { session, driver }: OpcuaConnection,
  parents: readonly P[],
): Promise<(readonly [P, ReferenceDescription])[]> {
  const found: (readonly [P, ReferenceDescription])[] = [];
  for (let at = 0; at < parents.length; at += BROWSED) {
    const some = parents.slice(at, at + BROWSED);
    const results = await session.browse(
      some.map(({ nodeId }) => ({
        nodeId,
        referenceTypeId: "HierarchicalReferences",
        includeSubtypes: true,
        browseDirection: driver.BrowseDirection.Forward,
        nodeClassMask: 0,
        resultMask: 63,
      })),
    );
    for (const [index, parent] of some.entries()) {
      let result = results[index];
      for (;;) {
        for (const reference of result?.references ?? []) found.push([parent, reference]);
        const more = result?.continuationPoint;
        if (more === null || more === undefined || more.length === 0) break;
        result = await session.browseNext(more, false);
      }
    }
  }
  return found;
}

/** The same node has the same id, whatever else the server has. */
function idOf(nodeId: string): number {
  return createHash("sha256").update(nodeId).digest().readUIntBE(0, 6);
}

function tooMany({ maxVariables, root }: ResolvedBrowseOptions): MillraceError {
  return new MillraceError(
    "MLR_SOURCE_FORMAT",
    `there are more than ${maxVariables} variables below ${root}`,
    {
      hint: "Begin at a node further down (root), or raise maxVariables.",
    },
  );
}
