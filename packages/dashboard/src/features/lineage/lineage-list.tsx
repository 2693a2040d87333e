import type { ReactNode } from "react";
import { Card } from "../../components/card.tsx";
import { Status } from "../../components/status.tsx";
import { Time } from "../../components/time.tsx";
import type { LineageGraph } from "../shared/api-types.ts";
import { NodeLink } from "./node-link.tsx";

const KINDS = [
  { kind: "source", title: "Sources" },
  { kind: "pipeline", title: "Pipelines" },
  { kind: "table", title: "Tables" },
  { kind: "consumer", title: "Read by" },
] as const;

interface LineageListProps {
  readonly nodes: readonly LineageGraph["nodes"][number][];
  readonly edges: readonly LineageGraph["edges"][number][];
}

/** The lineage as lists: what each thing comes from and leads to, in words. */
export function LineageList({ nodes, edges }: LineageListProps): ReactNode {
  const names = new Map(nodes.map((node) => [node.id, node]));
  return (
    <div className="grid items-start gap-4 xl:grid-cols-2">
      {KINDS.map(({ kind, title }) => {
        const mine = nodes.filter((node) => node.kind === kind);
        return mine.length === 0 ? null : (
          <Card key={kind} title={`${title} (${String(mine.length)})`} flush>
            <ul className="max-h-[36rem] divide-y divide-line overflow-y-auto border-t border-line">
              {mine.map((node) => (
                <li key={node.id} className="px-4 py-2">
                  <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
                    <span className="min-w-0 flex-1 basis-40 font-medium wrap-anywhere">
                      <NodeLink node={node} />
                    </span>
                    {node.state !== null && <Status quiet status={node.state} />}
                    <span className="text-sm text-muted">
                      <Time at={node.lastAt} never="" />
                    </span>
                  </div>
                  <Way
                    word="from"
                    ids={edges.filter((edge) => edge.to === node.id).map((edge) => edge.from)}
                    names={names}
                  />
                  <Way
                    word="to"
                    ids={edges.filter((edge) => edge.from === node.id).map((edge) => edge.to)}
                    names={names}
                  />
                </li>
              ))}
            </ul>
          </Card>
        );
      })}
    </div>
  );
}

interface WayProps {
  readonly word: string;
  readonly ids: readonly string[];
  readonly names: ReadonlyMap<string, LineageGraph["nodes"][number]>;
}

function Way({ word, ids, names }: WayProps): ReactNode {
  const known = [...new Set(ids)].flatMap((id) => names.get(id) ?? []);
  if (known.length === 0) return null;
  return (
    <p className="text-sm text-muted wrap-anywhere">
      {word}{" "}
      {known
        .slice(0, 12)
        .map((node) => node.name)
        .join(", ")}
      {known.length > 12 && ` and ${String(known.length - 12)} more`}
    </p>
  );
}
