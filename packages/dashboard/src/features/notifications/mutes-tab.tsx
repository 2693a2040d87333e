import { useQuery } from "@tanstack/react-query";
import { Bell, BellOff } from "lucide-react";
import type { ReactNode } from "react";
import { api } from "../../api/client.ts";
import { getQuery, type Answer } from "../../api/get-query.ts";
import { useRole } from "../../api/use-role.ts";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { QueryView } from "../../components/query-view.tsx";
import { Time } from "../../components/time.tsx";
import { formatNumberOf } from "../../format/format-count.ts";
import { useCommand } from "../shared/use-command.ts";

type Mute = Answer<"/api/v1/notifications/mutes">["items"][number];

/** What nobody is told of for a while. */
export function MutesTab(): ReactNode {
  const query = useQuery(getQuery("/api/v1/notifications/mutes"));
  return (
    <Card flush>
      <QueryView query={query} what="The mutes">
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState icon={BellOff} title="Nothing is muted">
              Mute a pipeline on Home, or a rule under Rules.
            </EmptyState>
          ) : (
            <ul className="divide-y divide-line">
              {items.map((mute) => (
                <Row key={mute.id} mute={mute} />
              ))}
            </ul>
          )
        }
      </QueryView>
    </Card>
  );
}

function Row({ mute }: { readonly mute: Mute }): ReactNode {
  const { isOperator } = useRole();
  const command = useCommand();
  const name = [mute.pipeline, mute.rule].filter((part) => part !== null).join(" by ");
  const end = (): void => {
    void command.run({
      title: `${name} is not muted any more`,
      act: () => api.DELETE("/api/v1/notifications/mutes/{id}", { params: { path: { id: mute.id } } }),
    });
  };
  return (
    <li className="flex flex-wrap items-center gap-x-6 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-60">
        <p className="font-medium wrap-anywhere" dir="auto">
          {name}
        </p>
        <p className="text-sm text-muted" dir="auto">
          by {mute.createdBy}
          {mute.reason !== null && `: ${mute.reason}`}
        </p>
      </div>
      <p className="text-sm text-muted">
        ends <Time at={mute.until} />, {formatNumberOf(mute.held, "message")} held back
      </p>
      {isOperator && (
        <Button
          size="small"
          icon={Bell}
          busy={command.busy}
          onClick={end}
          aria-label={`End the mute of ${name}`}
        >
          End
        </Button>
      )}
    </li>
  );
}
