import { useQuery } from "@tanstack/react-query";
import { ArrowRight } from "lucide-react";
import type { ReactNode } from "react";
import { getQuery } from "../../api/get-query.ts";
import { Card } from "../../components/card.tsx";
import { KeyValue } from "../../components/key-value.tsx";
import { Bytes } from "../../components/quantity.tsx";
import { QueryView } from "../../components/query-view.tsx";
import { ButtonLink } from "../../components/text-link.tsx";
import { Time } from "../../components/time.tsx";
import { formatBytes } from "../../format/format-bytes.ts";
import { formatNumberOf } from "../../format/format-count.ts";

/** How much is stored, how fast it grows, and what retention removes next. */
export function StorageCard({ className }: { readonly className?: string }): ReactNode {
  const query = useQuery(getQuery("/api/v1/storage"));
  return (
    <Card
      {...(className === undefined ? {} : { className })}
      title="Storage"
      actions={
        <ButtonLink to="/storage" kind="quiet" size="small">
          Storage
          <ArrowRight aria-hidden className="size-4" />
        </ButtonLink>
      }
    >
      <QueryView query={query} what="The storage">
        {(storage) => {
          const collected = storage.collected.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
          const due = storage.retention.due.map(({ dueAt }) => dueAt).filter((at) => at !== null);
          return (
            <KeyValue
              columns
              items={[
                ["Records of Millrace", <Bytes key="n" value={storage.controlBytes} />],
                [
                  "They grow by",
                  storage.bytesPerDay === null
                    ? "not known yet"
                    : `${formatBytes(storage.bytesPerDay)} a day`,
                ],
                ["Collected", <Bytes key="n" value={collected} />],
                ["In", formatNumberOf(storage.collected.length, "table")],
                [
                  "Kept for",
                  storage.retention.keepDays === 0
                    ? "ever"
                    : formatNumberOf(storage.retention.keepDays, "day"),
                ],
                ["Next removal", <Time key="n" at={due.toSorted()[0]} never="none due" />],
              ]}
            />
          );
        }}
      </QueryView>
    </Card>
  );
}
