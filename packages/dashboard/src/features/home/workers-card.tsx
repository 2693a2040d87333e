import { useQuery } from "@tanstack/react-query";
import { ArrowRight, Server } from "lucide-react";
import type { ReactNode } from "react";
import { getQuery } from "../../api/get-query.ts";
import { Card } from "../../components/card.tsx";
import { CodeBlock } from "../../components/code-block.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { QueryView } from "../../components/query-view.tsx";
import { Badge, Status } from "../../components/status.tsx";
import { ButtonLink } from "../../components/text-link.tsx";
import { Time } from "../../components/time.tsx";
import { SlotMeter } from "../workers/slot-meter.tsx";
import { workerState } from "../workers/worker-state.ts";

const SHOWN = 6;

/** Who carries out runs: alive, busy, of which version, and who keeps the schedules. */
export function WorkersCard(): ReactNode {
  const query = useQuery(getQuery("/api/v1/workers"));
  return (
    <Card
      flush
      title="Workers"
      actions={
        <ButtonLink to="/workers" kind="quiet" size="small">
          All workers
          <ArrowRight aria-hidden className="size-4" />
        </ButtonLink>
      }
    >
      <QueryView query={query} what="The workers">
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState icon={Server} title="No worker runs">
              Nothing is carried out until one does.
              <CodeBlock
                code="npx millrace worker"
                label="Command that starts a worker"
                className="mt-3 text-left text-ink"
              />
            </EmptyState>
          ) : (
            <ul className="divide-y divide-line border-t border-line">
              {items.slice(0, SHOWN).map((worker) => (
                <li
                  key={worker.id}
                  className="flex min-h-11 flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2"
                >
                  <span className="flex min-w-0 flex-1 basis-40 items-center gap-2">
                    <span className="truncate font-medium" title={`${worker.host}, process ${worker.pid}`}>
                      {worker.host}
                    </span>
                    {worker.leader && <Badge tone="running">leader</Badge>}
                  </span>
                  <SlotMeter running={worker.running} slots={worker.slots} />
                  <span className="text-sm text-muted">{worker.version}</span>
                  <span className="w-28 text-right text-sm text-muted">
                    {worker.alive ? (
                      <Time at={worker.beatAt} />
                    ) : (
                      <Status quiet status={workerState(worker)} />
                    )}
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </QueryView>
    </Card>
  );
}
