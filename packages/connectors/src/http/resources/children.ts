import type { Row } from "@millrace/core";
import type { ChainParts } from "./chain.ts";
import { inParallel } from "./in-parallel.ts";
import { valueIn, type Resource } from "./plan.ts";
import type { ReadingContext } from "./reading-context.ts";
import type { ChainState } from "./state.ts";
import type { Bindings, Bound } from "./template.ts";

/** What the children of a page's rows need; undefined where the resource has none. */
export function pendingOf(
  resource: Resource,
  bindings: Bindings,
  rows: readonly Row[],
  context: ReadingContext,
): ChainState["pending"] {
  if (resource.children.length === 0) return undefined;
  return Object.fromEntries(
    resource.children.map((child) => {
      const byKey: Record<string, Bindings> = {};
      for (const row of rows) {
        const bound = bindingsOf(child, { resource, bindings, row });
        if (typeof bound === "string") {
          context.doubt(
            child.name,
            `a row of ${resource.name} has no ${bound}, which the requests of ${child.name} need`,
          );
        } else byKey[keyOf(child, bound)] = bound;
      }
      return [child.name, byKey];
    }),
  );
}

/** Reads the children that are still to be read for the rows of a chain. */
export async function readChildren(
  parts: ChainParts,
  readChain: (parts: ChainParts) => Promise<void>,
): Promise<void> {
  const { resource, state, context } = parts;
  const { pending } = state;
  if (pending === undefined) return;
  const tasks = resource.children.flatMap((child) =>
    Object.entries(pending[child.name] ?? {}).map(([key, bindings]) => ({ child, key, bindings })),
  );
  await inParallel(tasks, context.concurrency, async ({ child, key, bindings }) => {
    if (context.signal.aborted || !context.wantsMore(0)) return;
    const own = child.options.cursor !== undefined;
    if (own) await readOwn(parts, child, { bindings, readChain });
    else await readShared(parts, child, { key, bindings, readChain });
    if (context.signal.aborted || !context.wantsMore(0)) return;
    delete pending[child.name]?.[key];
    delete state.open?.[child.name]?.[key];
    parts.slice.touch();
  });
  if (Object.values(pending).every((each) => Object.keys(each).length === 0)) {
    delete state.pending;
    delete state.open;
  }
}

interface ChildReading {
  readonly bindings: Bindings;
  readonly readChain: (parts: ChainParts) => Promise<void>;
}

/** A child with a cursor has a slice, and so a memory of its own. */
async function readOwn(
  { context }: ChainParts,
  child: Resource,
  { bindings, readChain }: ChildReading,
): Promise<void> {
  const slice = context.sliceOf(child, bindings);
  const { chain } = slice.state;
  await readChain({ resource: child, bindings, state: chain, slice, context });
  if (chain.ended !== true) return;
  // The next reading goes on from the cursor.
  delete chain.ended;
  chain.pages = 0;
  slice.touch();
  await slice.flush();
}

/** A child without one is part of the reading of its parent. */
async function readShared(
  { slice, state, context }: ChainParts,
  child: Resource,
  { key, bindings, readChain }: ChildReading & { readonly key: string },
): Promise<void> {
  const scope = context.scopeOf(child, bindings);
  const open = ((state.open ??= {})[child.name] ??= {});
  const known = scope === undefined || context.isOpen(child.name, scope) ? open[key] : undefined;
  const chain = (open[key] = known ?? { pages: 0 });
  const begins = scope !== undefined && known === undefined;
  await readChain({
    resource: child,
    bindings,
    state: chain,
    slice,
    context,
    ...(begins ? { opening: [{ type: "begin", stream: child.name, scope }] } : {}),
  });
  if (scope === undefined || chain.ended !== true || context.signal.aborted) return;
  const taints = chain.doubt === undefined ? {} : { taints: [chain.doubt] };
  await context.outlet.put(() => [{ type: "complete", stream: child.name, scope, ...taints }]);
}

/** What a child needs of a row of its parent; the field that the row does not have, where one is missing. */
function bindingsOf(
  child: Resource,
  { resource, bindings, row }: { resource: Resource; bindings: Bindings; row: Row },
): Bindings | string {
  const bound: Record<string, Bound> = {};
  const prefix = `${resource.name}.`;
  for (const reference of child.needs) {
    const field = reference.slice(prefix.length);
    const value = reference.startsWith(prefix) ? valueIn(row, field) : bindings[reference];
    if (value !== undefined) bound[reference] = value;
    else if (child.requested.includes(reference)) return field;
  }
  return bound;
}

/** Tells the parts of a child apart by what its requests are made with. */
export function keyOf({ requested }: Resource, bindings: Bindings): string {
  return JSON.stringify(requested.map((reference) => bindings[reference] ?? null));
}
