import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { getQuery } from "../../api/get-query.ts";
import { BandChart } from "../../charts/band-chart.tsx";
import { Card } from "../../components/card.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { KeyValue } from "../../components/key-value.tsx";
import { Count, Duration } from "../../components/quantity.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { Status } from "../../components/status.tsx";
import { TextLink } from "../../components/text-link.tsx";
import { Time } from "../../components/time.tsx";
import { formatShortCount } from "../../format/format-count.ts";
import { volumeBands } from "../pipelines/volume-bands.ts";
import type { TableDetail } from "../shared/api-types.ts";
import { usePages } from "../shared/use-pages.ts";

/** Whether the data of a table are fresh, and as many as usual. */
export function TableOverview({ table }: { readonly table: TableDetail }): ReactNode {
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <Card title="Table">
        <KeyValue
          items={[
            ["Where", table.location],
            ["Mode", table.mode],
            [
              "Key",
              table.columns
                .filter((column) => column.key)
                .map((column) => column.name)
                .join(", ") || "none",
            ],
            ["Written by", <Pipelines key="p" names={table.pipelines} />],
            ["Rows, about", <Count key="r" value={table.estimatedRows} />],
            [
              "Refused, about",
              table.estimatedQuarantined === null ? undefined : (
                <Count key="q" value={table.estimatedQuarantined} />
              ),
            ],
            [
              "Last run",
              table.lastRun === null ? (
                "none"
              ) : (
                <TextLink key="l" to="/runs/$id" params={{ id: table.lastRun.id }}>
                  <Time at={table.lastRun.finishedAt} />
                </TextLink>
              ),
            ],
          ]}
        />
      </Card>
      <Freshness table={table} />
      <Volume table={table} />
    </div>
  );
}

function Pipelines({ names }: { readonly names: readonly string[] }): ReactNode {
  return (
    <span className="flex flex-wrap gap-x-3">
      {names.map((name) => (
        <TextLink key={name} to="/pipelines/$name" params={{ name }}>
          {name}
        </TextLink>
      ))}
    </span>
  );
}

function Freshness({ table }: { readonly table: TableDetail }): ReactNode {
  const pages = usePages("/api/v1/overview/freshness", { query: { limit: 500 } });
  const items = pages.items.filter(
    (item) => item.table === table.table && table.pipelines.includes(item.pipeline),
  );
  return (
    <Card title="Freshness">
      {pages.loading && <Skeleton className="h-24 w-full" />}
      {pages.error !== null && <ErrorState small error={pages.error} onRetry={pages.retry} />}
      {!pages.loading && pages.error === null && items.length === 0 && (
        <p className="text-muted">Nothing is known of it yet: it is told after the first run.</p>
      )}
      {items.map((item) => (
        <div key={item.pipeline} className="space-y-3">
          <Status status={item.state} {...(item.state === "unscheduled" ? { label: "Unscheduled" } : {})} />
          <KeyValue
            items={[
              ["Last new rows", <Time key="r" at={item.lastRowAt} />],
              ["Last read", <Time key="l" at={item.lastLoadedAt} />],
              ["Expected by", <Time key="e" at={item.expectedAt} never="nothing says when" />],
              ["Late by", item.lateMs === null ? undefined : <Duration key="d" ms={item.lateMs} />],
            ]}
          />
        </div>
      ))}
    </Card>
  );
}

function Volume({ table }: { readonly table: TableDetail }): ReactNode {
  const navigate = useNavigate();
  const query = useQuery(
    getQuery("/api/v1/overview/volume", { query: { table: table.table, points: 100, limit: 5 } }),
  );
  if (query.isPending)
    return (
      <Card title="Rows per run">
        <Skeleton className="h-30 w-full" />
      </Card>
    );
  const items = (query.data?.items ?? []).filter((item) => table.pipelines.includes(item.pipeline));
  if (items.length === 0) return null;
  return (
    <Card
      title="Rows inserted per run"
      note="Upon what is usual on that weekday; red squares are outside of it."
      className="lg:col-span-2"
    >
      {items.map((item) => (
        <BandChart
          key={item.pipeline}
          points={volumeBands(item)}
          label={`Rows inserted by ${item.pipeline}`}
          format={formatShortCount}
          height={160}
          onOpen={(id) => void navigate({ to: "/runs/$id", params: { id } })}
        />
      ))}
    </Card>
  );
}
