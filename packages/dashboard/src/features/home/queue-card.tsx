import { useQuery } from "@tanstack/react-query";
import { ArrowRight } from "lucide-react";
import type { ReactNode } from "react";
import { getQuery, type Answer } from "../../api/get-query.ts";
import { Card } from "../../components/card.tsx";
import { Count, Duration } from "../../components/quantity.tsx";
import { QueryView } from "../../components/query-view.tsx";
import { ButtonLink } from "../../components/text-link.tsx";
import { KeyValue } from "../../components/key-value.tsx";

type Queue = Answer<"/api/v1/queues">["items"][number];

/** What waits in the queues, how long, and how quickly runs are started. */
export function QueueCard(): ReactNode {
  const query = useQuery(getQuery("/api/v1/queues"));
  return (
    <Card
      title="Queue"
      actions={
        <ButtonLink to="/queues" kind="quiet" size="small">
          Queues
          <ArrowRight aria-hidden className="size-4" />
        </ButtonLink>
      }
    >
      <QueryView query={query} what="The queues">
        {({ items }) => (
          <div className="space-y-5">
            {items.length === 0 && <p className="text-muted">No worker has announced a queue yet.</p>}
            {items.map((queue) => (
              <One key={queue.name} queue={queue} named={items.length > 1} />
            ))}
          </div>
        )}
      </QueryView>
    </Card>
  );
}

function One({ queue, named }: { readonly queue: Queue; readonly named: boolean }): ReactNode {
  return (
    <section>
      {named && <h3 className="mb-1 font-medium">{queue.name}</h3>}
      <KeyValue
        columns
        items={[
          ["Waiting", <Count key="n" value={queue.queued} />],
          ["Oldest waits", <Duration key="n" ms={queue.oldestWaitMs} />],
          ["Running", `${queue.running} of ${queue.slots} slots`],
          ["Start latency p50", <Duration key="n" ms={queue.startLatency.p50Ms} />],
          ["Start latency p95", <Duration key="n" ms={queue.startLatency.p95Ms} />],
          ["Retries", <Count key="n" value={queue.retries} />],
          ["Dead letters", <Count key="n" value={queue.deadLetters} />],
        ]}
      />
    </section>
  );
}
