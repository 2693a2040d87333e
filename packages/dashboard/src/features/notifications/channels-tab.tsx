import { useQuery } from "@tanstack/react-query";
import { Bell, Send } from "lucide-react";
import { useState, type ReactNode } from "react";
import { api } from "../../api/client.ts";
import { ApiError } from "../../api/api-error.ts";
import { getQuery, type Answer } from "../../api/get-query.ts";
import { useRole } from "../../api/use-role.ts";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Count } from "../../components/quantity.tsx";
import { QueryView } from "../../components/query-view.tsx";
import { Badge } from "../../components/status.tsx";
import { Time } from "../../components/time.tsx";
import { useToast } from "../../components/toasts.tsx";
import { formatDuration } from "../../format/format-duration.ts";

type Channel = Answer<"/api/v1/notifications/plan">["channels"][number];

/** Where messages go to; each can be tested. */
export function ChannelsTab(): ReactNode {
  const query = useQuery(getQuery("/api/v1/notifications/plan"));
  return (
    <Card flush>
      <QueryView query={query} what="The channels">
        {({ channels }) =>
          channels.length === 0 ? (
            <EmptyState icon={Bell} title="No channels">
              Add one in <code className="font-mono">millrace.config.ts</code> under{" "}
              <code className="font-mono">notifications.channels</code>: Slack, e-mail, a webhook or a
              function.
            </EmptyState>
          ) : (
            <ul className="divide-y divide-line">
              {channels.map((channel) => (
                <Row key={channel.name} channel={channel} />
              ))}
            </ul>
          )
        }
      </QueryView>
    </Card>
  );
}

function Row({ channel }: { readonly channel: Channel }): ReactNode {
  const { isOperator } = useRole();
  return (
    <li className="flex flex-wrap items-center gap-x-6 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-60">
        <p className="flex items-center gap-2 font-medium">
          {channel.name} <Badge>{channel.kind}</Badge>
        </p>
      </div>
      <p className="text-sm text-muted">
        <Count value={channel.waiting} /> waiting,{" "}
        <span className={channel.failed > 0 ? "text-failed" : undefined}>
          <Count value={channel.failed} /> failed in 7 days
        </span>
        , last sent <Time at={channel.lastSentAt} />
      </p>
      {isOperator && <TestButton channel={channel.name} />}
    </li>
  );
}

function TestButton({ channel }: { readonly channel: string }): ReactNode {
  const toast = useToast();
  const [busy, setBusy] = useState(false);
  const test = async (): Promise<void> => {
    setBusy(true);
    try {
      const { data } = await api.POST("/api/v1/notifications/test", { body: { channel } });
      if (data?.sent === true)
        toast.done(`The test went to ${channel}`, `It took ${formatDuration(data.durationMs)}.`);
      else {
        const message = data?.error ?? "Nobody knows why.";
        toast.failed(
          `The test did not reach ${channel}`,
          new ApiError({ status: 200, code: "NOT_SENT", message }),
        );
      }
    } catch (error) {
      toast.failed(`The test did not reach ${channel}`, error);
    }
    setBusy(false);
  };
  return (
    <Button
      size="small"
      icon={Send}
      busy={busy}
      onClick={() => void test()}
      aria-label={`Send a test to ${channel}`}
    >
      Send a test
    </Button>
  );
}
