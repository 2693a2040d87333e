import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { getQuery, type Answer } from "../api/get-query.ts";
import { Card } from "../components/card.tsx";
import { KeyValue } from "../components/key-value.tsx";
import { Count, Duration } from "../components/quantity.tsx";
import { QueryView } from "../components/query-view.tsx";
import { Status } from "../components/status.tsx";
import { TextLink } from "../components/text-link.tsx";
import { ContextsTable } from "../features/sampling/contexts-table.tsx";
import { ReadersTable } from "../features/sampling/readers-table.tsx";
import { stateOf, statusOf } from "../features/sampling/sampling-status.ts";
import { ValuesTable } from "../features/sampling/values-table.tsx";
import { PageHeader } from "../layout/page-header.tsx";
import { useTopics } from "../live/live-provider.tsx";

type Detail = Answer<"/api/v1/sampling/{pipeline}">;

/** One sampling pipeline: live values, contexts, readers and what waits. */
export function SamplingPage(): ReactNode {
  const { pipeline } = useParams({ from: "/shell/sampling/$pipeline" });
  const query = useQuery(getQuery("/api/v1/sampling/{pipeline}", { path: { pipeline } }));
  useTopics(["sources:sampling"]);
  const { data } = query;
  return (
    <>
      <PageHeader
        title={pipeline}
        above={<TextLink to="/sampling">Sampling</TextLink>}
        status={data === undefined ? undefined : <Status status={stateOf(data)} />}
      />
      <QueryView query={query} what="What is sampled">
        {(detail) => <Parts detail={detail} />}
      </QueryView>
    </>
  );
}

function Parts({ detail }: { readonly detail: Detail }): ReactNode {
  const status = statusOf(detail);
  return (
    <div className="space-y-5">
      <Card title="Values" flush>
        <ValuesTable rows={status.view ?? []} />
      </Card>
      <Card title="Contexts" flush>
        <ContextsTable pipeline={detail.pipeline} running={detail.running} rows={status.contexts} />
      </Card>
      <Card title="Readers" flush>
        <ReadersTable tasks={status.readers} connections={status.connections} />
      </Card>
      <Card title="Now">
        <KeyValue columns items={facts(detail)} />
      </Card>
    </div>
  );
}

function facts(detail: Detail): readonly (readonly [string, ReactNode])[] {
  const status = statusOf(detail);
  return [
    ["Ticks late, p50", <Duration key="p50" ms={status.jitterMs.p50} />],
    ["Ticks late, p99", <Duration key="p99" ms={status.jitterMs.p99} />],
    ["Ticks late, most", <Duration key="max" ms={status.jitterMs.max} />],
    ["Rows that wait", <Count key="w" value={status.waitingRows} />],
    ["Batches on disk", <Count key="d" value={status.entriesOnDisk} />],
    ["Rows given up", <Count key="g" value={status.droppedRows} />],
    ["Active alarms", <Count key="a" value={status.activeAlarms} />],
    ...status.writers.map(
      (writer) =>
        [`Written to ${writer.writer}`, <Count key={writer.writer} value={writer.written} short />] as const,
    ),
    [
      "Run",
      <TextLink key="run" to="/runs/$id" params={{ id: detail.run }}>
        {detail.run.slice(0, 8)}
      </TextLink>,
    ],
  ];
}
