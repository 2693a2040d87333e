import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { ChartNetwork, List, Waypoints } from "lucide-react";
import { useMemo, useState, type ReactNode } from "react";
import { getQuery } from "../api/get-query.ts";
import { Graph } from "../charts/graph.tsx";
import { Button } from "../components/button.tsx";
import { Card } from "../components/card.tsx";
import { EmptyState } from "../components/empty-state.tsx";
import { ErrorState } from "../components/error-state.tsx";
import { SearchInput } from "../components/input.tsx";
import { useNow } from "../components/now.ts";
import { Skeleton } from "../components/skeleton.tsx";
import { Status } from "../components/status.tsx";
import { ButtonLink } from "../components/text-link.tsx";
import { Time } from "../components/time.tsx";
import { filterLineage, lineageEdges, lineageNodes } from "../features/lineage/lineage-nodes.ts";
import { LineageList } from "../features/lineage/lineage-list.tsx";
import { NodeLink } from "../features/lineage/node-link.tsx";
import type { LineageGraph } from "../features/shared/api-types.ts";
import { formatNumberOf } from "../format/format-count.ts";
import { PageHeader } from "../layout/page-header.tsx";
import { useTopics } from "../live/live-provider.tsx";

const TOPICS = ["runs"];
const MINUTE_MS = 60_000;

/** Where data come from, through which pipelines they go, where they land and who reads them. */
export function LineagePage(): ReactNode {
  useTopics(TOPICS);
  const query = useQuery(getQuery("/api/v1/lineage"));
  return (
    <>
      <PageHeader
        title="Lineage"
        description="Where data come from, through which pipelines they go, where they land, and how fresh they are."
      />
      {query.isPending ? (
        <Skeleton className="h-[36rem] w-full rounded-lg" />
      ) : query.error !== null ? (
        <Card>
          <ErrorState
            error={query.error}
            title="The lineage could not be loaded"
            onRetry={() => void query.refetch()}
          />
        </Card>
      ) : query.data.nodes.length === 0 ? (
        <Card>
          <EmptyState
            icon={ChartNetwork}
            title="Nothing to draw yet"
            action={<ButtonLink to="/pipelines">Pipelines</ButtonLink>}
          >
            Sources, pipelines and tables show up here as soon as there is a pipeline.
          </EmptyState>
        </Card>
      ) : (
        <Drawing graph={query.data} />
      )}
    </>
  );
}

function Drawing({ graph }: { readonly graph: LineageGraph }): ReactNode {
  const { focus } = useSearch({ from: "/shell/lineage" });
  const navigate = useNavigate({ from: "/lineage" });
  const [text, setText] = useState("");
  const [list, setList] = useState(false);
  const now = useNow(MINUTE_MS);
  const shown = useMemo(() => filterLineage(graph.nodes, graph.edges, text), [graph, text]);
  const nodes = useMemo(() => lineageNodes(shown, now), [shown, now]);
  const edges = useMemo(() => lineageEdges(graph.edges), [graph.edges]);
  const selected = graph.nodes.find((node) => node.id === focus);
  const select = (id: string): void => {
    void navigate({ search: id === focus ? {} : { focus: id }, replace: true });
  };
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <SearchInput
          value={text}
          onChange={setText}
          label="Search sources, pipelines and tables"
          className="min-w-0 flex-1 sm:max-w-sm"
        />
        <Button
          icon={list ? Waypoints : List}
          onClick={() => {
            setList(!list);
          }}
        >
          {list ? "As a graph" : "As a list"}
        </Button>
        <p role="status" className="text-sm text-muted">
          {formatNumberOf(shown.length, "thing")}
          {graph.truncated && ": there are more, search for what you look for"}
        </p>
      </div>
      {shown.length === 0 ? (
        <Card>
          <EmptyState
            title="Nothing is called that"
            action={
              <Button
                onClick={() => {
                  setText("");
                }}
              >
                Show everything
              </Button>
            }
          />
        </Card>
      ) : list ? (
        <LineageList nodes={shown} edges={graph.edges} />
      ) : (
        <>
          <Graph
            nodes={nodes}
            edges={edges}
            label="Lineage: arrows go from node to node, Enter chooses one. The button As a list shows the same in words."
            height={graphHeight()}
            selected={selected?.id}
            onSelect={select}
          />
          {selected !== undefined && (
            <Selected
              node={selected}
              onClose={() => {
                select(selected.id);
              }}
            />
          )}
        </>
      )}
    </>
  );
}

function graphHeight(): number {
  return Math.max(360, Math.min(760, window.innerHeight - 300));
}

function Selected({
  node,
  onClose,
}: {
  readonly node: LineageGraph["nodes"][number];
  readonly onClose: () => void;
}): ReactNode {
  return (
    <div
      aria-live="polite"
      className="mt-3 flex flex-wrap items-center gap-x-4 gap-y-2 rounded-lg border border-line bg-surface px-4 py-3"
    >
      <span className="text-sm text-muted">{node.kind}</span>
      <span className="min-w-0 font-medium wrap-anywhere">
        <NodeLink node={node} />
      </span>
      {node.state !== null && <Status status={node.state} />}
      {node.detail !== null && (
        <span className="min-w-0 text-sm text-muted wrap-anywhere">{node.detail}</span>
      )}
      <span className="text-sm text-muted">
        last data <Time at={node.lastAt} />
      </span>
      <Button size="small" className="ml-auto" onClick={onClose}>
        Show all alike
      </Button>
    </div>
  );
}
