import { useQuery } from "@tanstack/react-query";
import { CircleStop, Play } from "lucide-react";
import { useState, type ReactNode } from "react";
import { api } from "../../api/client.ts";
import { getQuery, type Answer } from "../../api/get-query.ts";
import { useRole } from "../../api/use-role.ts";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Progress } from "../../components/progress.tsx";
import { Bytes, Count, Duration } from "../../components/quantity.tsx";
import { QueryView } from "../../components/query-view.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { TextLink } from "../../components/text-link.tsx";
import { useToast } from "../../components/toasts.tsx";
import { formatShare, formatShortCount } from "../../format/format-count.ts";
import { formatDuration } from "../../format/format-duration.ts";

type Item = Answer<"/api/v1/overview/running">["items"][number];

const SHOWN = 20;

/** Runs that go on: how far, how fast, and what their processes take. */
export function RunningNow({ className }: { readonly className?: string }): ReactNode {
  const query = useQuery(getQuery("/api/v1/overview/running", { query: { limit: SHOWN } }));
  return (
    <Card flush {...(className === undefined ? {} : { className })} title="Running now">
      <QueryView query={query} what="What runs" loading={<SkeletonRows rows={3} />}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState icon={Play} title="Nothing runs at this moment">
              Runs show up here by themselves.
            </EmptyState>
          ) : (
            <ul className="divide-y divide-line border-t border-line">
              {items.map((item) => (
                <Row key={item.run} item={item} />
              ))}
            </ul>
          )
        }
      </QueryView>
    </Card>
  );
}

function Row({ item }: { readonly item: Item }): ReactNode {
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-6 gap-y-2 px-4 py-3 lg:grid-cols-[minmax(0,1.2fr)_minmax(0,1.4fr)_repeat(3,6.5rem)_4.5rem]">
      <div className="min-w-0">
        <TextLink
          to="/runs/$id"
          params={{ id: item.run }}
          className="block truncate font-medium text-ink!"
          title={item.pipeline}
          dir="auto"
        >
          {item.pipeline}
        </TextLink>
        <p className="truncate text-sm text-muted">
          {item.partition !== "" && <span>{item.partition} · </span>}
          <Duration since={item.startedAt} />
          {item.usualDurationMs !== null && ` of usually ${formatDuration(item.usualDurationMs)}`}
        </p>
      </div>
      <div className="col-span-2 row-start-2 min-w-0 lg:col-span-1 lg:row-start-auto">
        <Progress label={`Progress of ${item.pipeline}`} share={item.share} />
        <p className="mt-1 truncate text-sm text-muted">{item.note ?? <Rows item={item} />}</p>
      </div>
      <Figure
        name="rows/s"
        value={item.rowsPerSecond === null ? "–" : formatShortCount(Math.round(item.rowsPerSecond))}
      />
      <Figure name="memory" value={<Bytes value={item.memoryBytes} />} />
      <Figure name="of a core" value={item.cpuShare === null ? "–" : formatShare(item.cpuShare)} />
      <div className="col-start-2 row-start-1 text-right lg:col-start-auto lg:row-start-auto">
        <Stop item={item} />
      </div>
    </li>
  );
}

function Rows({ item }: { readonly item: Item }): ReactNode {
  return (
    <>
      <Count value={item.rows} /> rows read
      {item.inserted > 0 && `, ${formatShortCount(item.inserted)} inserted`}
      {item.updated > 0 && `, ${formatShortCount(item.updated)} updated`}
      {item.rejected > 0 && <span className="text-late">, {formatShortCount(item.rejected)} rejected</span>}
    </>
  );
}

function Figure({ name, value }: { readonly name: string; readonly value: ReactNode }): ReactNode {
  return (
    <p className="hidden text-right lg:block">
      <span className="block font-medium">{value}</span>
      <span className="block text-xs text-muted">{name}</span>
    </p>
  );
}

function Stop({ item }: { readonly item: Item }): ReactNode {
  const { isOperator } = useRole();
  const toast = useToast();
  const [asking, setAsking] = useState(false);
  if (!isOperator) return null;
  if (item.ending !== null) return <span className="text-sm text-muted">ending…</span>;
  const stop = async (): Promise<void> => {
    await api.POST("/api/v1/runs/{id}/stop", {
      params: { path: { id: item.run } },
      headers: { "idempotency-key": crypto.randomUUID() },
      body: {},
    });
    toast.done(`${item.pipeline} stops`);
  };
  return (
    <>
      <Button
        size="small"
        icon={CircleStop}
        onClick={() => setAsking(true)}
        aria-label={`Stop ${item.pipeline}`}
      >
        Stop
      </Button>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={`Stop ${item.pipeline}?`}
        action="Stop the run"
        onConfirm={stop}
      >
        <p>It commits what it has and ends. The next run goes on from there.</p>
      </ConfirmDialog>
    </>
  );
}
