import { useQuery } from "@tanstack/react-query";
import { ArrowRight, CircleCheck } from "lucide-react";
import type { ReactNode } from "react";
import { getQuery } from "../../api/get-query.ts";
import { Card } from "../../components/card.tsx";
import { QueryView } from "../../components/query-view.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { ButtonLink } from "../../components/text-link.tsx";
import { ErrorGroupRow } from "../errors/error-group-row.tsx";

const SHOWN = 5;

/** Errors that are the same but for numbers and names, as one. */
export function ErrorsCard({ className }: { readonly className?: string }): ReactNode {
  const query = useQuery(getQuery("/api/v1/errors", { query: { limit: SHOWN } }));
  return (
    <Card
      flush
      {...(className === undefined ? {} : { className })}
      title="Errors"
      note="Those that are the same but for numbers and names count as one."
      actions={
        <ButtonLink to="/errors" kind="quiet" size="small">
          All errors
          <ArrowRight aria-hidden className="size-4" />
        </ButtonLink>
      }
    >
      <QueryView query={query} what="The errors" loading={<SkeletonRows rows={SHOWN} />}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="flex items-center gap-2 px-4 pb-4 text-muted">
              <CircleCheck aria-hidden className="size-[18px] text-succeeded" />
              No run has failed yet.
            </p>
          ) : (
            <ul className="divide-y divide-line border-t border-line">
              {items.map((group) => (
                <ErrorGroupRow key={group.fingerprint} group={group} />
              ))}
            </ul>
          )
        }
      </QueryView>
    </Card>
  );
}
