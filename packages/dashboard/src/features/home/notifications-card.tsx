import { useQuery } from "@tanstack/react-query";
import { ArrowRight } from "lucide-react";
import type { ReactNode } from "react";
import { getQuery } from "../../api/get-query.ts";
import { Card } from "../../components/card.tsx";
import { QueryView } from "../../components/query-view.tsx";
import { Status } from "../../components/status.tsx";
import { ButtonLink } from "../../components/text-link.tsx";
import { Time } from "../../components/time.tsx";

const SHOWN = 6;

/** Who was told what of late. */
export function NotificationsCard(): ReactNode {
  const query = useQuery(getQuery("/api/v1/notifications", { query: { limit: SHOWN } }));
  return (
    <Card
      flush
      title="Notifications"
      actions={
        <ButtonLink to="/notifications" kind="quiet" size="small">
          All notifications
          <ArrowRight aria-hidden className="size-4" />
        </ButtonLink>
      }
    >
      <QueryView query={query} what="The notifications">
        {({ items }) =>
          items.length === 0 ? (
            <p className="px-4 pb-4 text-muted">Nobody was told of anything yet.</p>
          ) : (
            <ul className="divide-y divide-line border-t border-line">
              {items.map((sent) => (
                <li
                  key={sent.id}
                  className="flex min-h-11 flex-wrap items-center gap-x-4 gap-y-0.5 px-4 py-2"
                >
                  <div className="min-w-0 flex-1 basis-56">
                    <p className="truncate" title={sent.title} dir="auto">
                      {sent.title}
                    </p>
                    <p className="text-sm text-muted">to {sent.channel}</p>
                  </div>
                  <Status quiet status={sent.status} />
                  <span className="w-20 text-right text-sm text-muted">
                    <Time at={sent.sentAt ?? sent.createdAt} />
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
