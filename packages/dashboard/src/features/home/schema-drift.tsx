import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { getQuery } from "../../api/get-query.ts";
import { Card } from "../../components/card.tsx";
import { QueryView } from "../../components/query-view.tsx";
import { TextLink } from "../../components/text-link.tsx";
import { Time } from "../../components/time.tsx";

const SHOWN = 6;

/** What changed in the tables' columns of late. */
export function SchemaDrift(): ReactNode {
  const query = useQuery(getQuery("/api/v1/overview/schema-drift", { query: { limit: SHOWN } }));
  return (
    <Card flush title="Schema changes" note="Columns that were added or widened, newest first.">
      <QueryView query={query} what="The changes of schemas">
        {({ items }) =>
          items.length === 0 ? (
            <p className="px-4 pb-4 text-muted">No table has changed.</p>
          ) : (
            <ul className="divide-y divide-line border-t border-line">
              {items.map((change) => (
                <li
                  key={change.id}
                  className="flex min-h-11 flex-wrap items-center gap-x-4 gap-y-0.5 px-4 py-2"
                >
                  <div className="min-w-0 flex-1 basis-56">
                    <TextLink
                      to="/data/$table"
                      params={{ table: change.table }}
                      search={{ tab: "schema" }}
                      className="font-medium text-ink! wrap-anywhere"
                      dir="auto"
                    >
                      {change.table}
                    </TextLink>
                    <p className="text-sm text-muted" dir="auto">
                      {change.change}
                    </p>
                  </div>
                  <span className="text-sm text-muted">
                    <Time at={change.at} />
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
