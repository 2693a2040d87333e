import { RotateCw, ShieldCheck } from "lucide-react";
import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState, type ReactNode } from "react";
import { api } from "../../api/client.ts";
import { useRole } from "../../api/use-role.ts";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { LoadMore } from "../../components/load-more.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { useToast } from "../../components/toasts.tsx";
import { formatCount, formatNumberOf } from "../../format/format-count.ts";
import type { QuarantinedRow, TableDetail } from "../shared/api-types.ts";
import { usePages } from "../shared/use-pages.ts";
import { QuarantineItem } from "./quarantine-item.tsx";
import { formatFilters, type RowFilter } from "./row-filters.ts";

/** Rows that were refused, with the reason, and the way to try them again. */
export function QuarantineTab({ table }: { readonly table: TableDetail }): ReactNode {
  const { isOperator } = useRole();
  const [code, setCode] = useState<string>();
  const [asked, setAsked] = useState(false);
  const filters: readonly RowFilter[] =
    code === undefined ? [] : [{ column: "code", operator: "=", value: code }];
  const where = formatFilters(filters);
  const pages = usePages("/api/v1/tables/{table}/quarantine", {
    path: { table: table.id },
    query: { limit: 100, ...(where === undefined ? {} : { where }) },
  });
  const reasons = useReasons(pages.items);
  if (pages.error !== null && pages.items.length === 0)
    return (
      <Card>
        <ErrorState error={pages.error} title="The quarantine could not be read" onRetry={pages.retry} />
      </Card>
    );
  if (pages.loading)
    return (
      <Card flush>
        <SkeletonRows rows={6} label="Loading the quarantine" />
      </Card>
    );
  if (pages.items.length === 0 && code === undefined)
    return (
      <Card>
        <EmptyState icon={ShieldCheck} title="No row was refused">
          Rows that do not fit the columns or break a check are kept here with the reason, never lost.
        </EmptyState>
      </Card>
    );
  return (
    <Card
      title="Refused rows"
      note="They were kept out of the table. Mend the pipeline or the check, then put them through again."
      flush
      actions={
        isOperator && (
          <Button
            kind="primary"
            icon={RotateCw}
            onClick={() => {
              setAsked(true);
            }}
          >
            Reprocess{code === undefined ? "" : " these"}…
          </Button>
        )
      }
    >
      {(reasons.length > 1 || code !== undefined) && (
        <div role="group" aria-label="Reasons" className="flex flex-wrap gap-2 px-4 pb-3">
          <Button
            size="small"
            kind={code === undefined ? "primary" : "secondary"}
            aria-pressed={code === undefined}
            onClick={() => {
              setCode(undefined);
            }}
          >
            All
          </Button>
          {reasons.map(([name, count]) => (
            <Button
              key={name}
              size="small"
              kind={code === name ? "primary" : "secondary"}
              aria-pressed={code === name}
              onClick={() => {
                setCode(name);
              }}
            >
              {name} ({formatCount(count)}
              {pages.hasMore && "+"})
            </Button>
          ))}
        </div>
      )}
      <ul className="divide-y divide-line border-t border-line">
        {pages.items.map((row, index) => (
          // Refused rows have no identity of their own, and their order does not change while they are shown.
          <QuarantineItem key={index} row={row} />
        ))}
      </ul>
      <LoadMore hasMore={pages.hasMore} busy={pages.busy} onMore={pages.more} what="rows" />
      <Reprocess
        table={table}
        filters={filters}
        count={pages.hasMore ? undefined : pages.items.length}
        open={asked}
        onOpenChange={setAsked}
      />
    </Card>
  );
}

function useReasons(rows: readonly QuarantinedRow[]): readonly (readonly [string, number])[] {
  return useMemo(() => {
    const counts = new Map<string, number>();
    for (const row of rows) counts.set(row.code, (counts.get(row.code) ?? 0) + 1);
    return [...counts].toSorted((a, b) => b[1] - a[1]);
  }, [rows]);
}

interface ReprocessProps {
  readonly table: TableDetail;
  readonly filters: readonly RowFilter[];
  /** Undefined where there are more than are loaded. */
  readonly count: number | undefined;
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

function Reprocess({ table, filters, count, open, onOpenChange }: ReprocessProps): ReactNode {
  const toast = useToast();
  const navigate = useNavigate();
  const go = async (): Promise<void> => {
    const { data } = await api.POST("/api/v1/tables/{table}/quarantine/reprocess", {
      params: { path: { table: table.id } },
      headers: { "idempotency-key": crypto.randomUUID() },
      body: {
        ...(filters.length === 0 ? {} : { where: filters.map((filter) => ({ ...filter })) }),
        ...(table.pipelines[0] === undefined ? {} : { pipeline: table.pipelines[0] }),
      },
    });
    if (data === undefined) return;
    toast.done("The rows go through their pipeline again");
    await navigate({ to: "/runs/$id", params: { id: data.run } });
  };
  return (
    <ConfirmDialog
      open={open}
      onOpenChange={onOpenChange}
      title="Put the refused rows through again?"
      action="Reprocess"
      onConfirm={go}
    >
      <p>
        A run of {table.pipelines[0] ?? "the pipeline"} takes{" "}
        {count === undefined ? "the refused rows" : formatNumberOf(count, "refused row")} as they were,
        through its transforms and checks as they are now. What fits leaves the quarantine; what does not
        stays, with the new reason.
      </p>
    </ConfirmDialog>
  );
}
