import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { Dialog } from "radix-ui";
import type { ReactNode } from "react";
import { getQuery } from "../../api/get-query.ts";
import { CopyButton } from "../../components/code-block.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { IconButton } from "../../components/icon-button.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import type { TableColumn, TableDetail } from "../shared/api-types.ts";
import { RowTimeline } from "./row-timeline.tsx";
import { RowValues } from "./row-values.tsx";

/** The row whose details are shown: by its key where the table has one. */
export interface OpenRow {
  /** As JSON. */
  readonly key: string | undefined;
  /** Its values where it is among the rows that are loaded. */
  readonly row: readonly unknown[] | undefined;
}

interface RowDrawerProps {
  readonly table: TableDetail;
  readonly columns: readonly TableColumn[];
  readonly open: OpenRow;
  readonly onClose: () => void;
}

/** One row beside the grid: all of its values, and how it came to be what it is. The grid can be used on. */
export function RowDrawer({ table, columns, open, onClose }: RowDrawerProps): ReactNode {
  const values =
    open.row === undefined
      ? undefined
      : Object.fromEntries(columns.map((column, index) => [column.name, open.row?.[index]]));
  return (
    <Dialog.Root
      open
      modal={false}
      onOpenChange={(shown) => {
        if (!shown) onClose();
      }}
    >
      <Dialog.Portal>
        <Dialog.Content
          aria-describedby={undefined}
          tabIndex={-1}
          onOpenAutoFocus={(event) => {
            // The first button would show its tip at once.
            event.preventDefault();
            (event.currentTarget as HTMLElement).focus();
          }}
          onInteractOutside={(event) => {
            event.preventDefault();
          }}
          className="fixed inset-y-0 right-0 z-40 flex w-full max-w-xl animate-appear flex-col border-l border-line bg-raised shadow-pop outline-none"
        >
          <div className="flex items-center gap-2 border-b border-line px-5 py-3">
            <Dialog.Title className="min-w-0 flex-1 truncate text-lg font-semibold" dir="auto">
              {titleOf(table, open)}
            </Dialog.Title>
            <CopyButton text={location.href} label="Copy a link to this row" />
            <Dialog.Close asChild>
              <IconButton icon={X} label="Close" size="small" />
            </Dialog.Close>
          </div>
          <div className="min-h-0 flex-1 space-y-6 overflow-y-auto p-5">
            {open.key === undefined ? (
              <>
                {values !== undefined && <RowValues columns={columns} values={values} />}
                <p className="text-sm text-muted">
                  The table has no key, so that old versions of a row cannot be told apart.
                </p>
              </>
            ) : (
              <WithHistory table={table} columns={columns} rowKey={open.key} values={values} />
            )}
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

interface WithHistoryProps {
  readonly table: TableDetail;
  readonly columns: readonly TableColumn[];
  readonly rowKey: string;
  readonly values: Readonly<Record<string, unknown>> | undefined;
}

function WithHistory({ table, columns, rowKey, values }: WithHistoryProps): ReactNode {
  const query = useQuery(
    getQuery("/api/v1/tables/{table}/history", { path: { table: table.id }, query: { key: rowKey } }),
  );
  const newest = query.data?.versions[0];
  const shown = values ?? newest?.values;
  return (
    <>
      {shown !== undefined && (
        <section aria-label="Values">
          <h3 className="mb-2 font-semibold">Values</h3>
          <RowValues columns={columns} values={shown} />
        </section>
      )}
      <section aria-label="History">
        <h3 className="mb-2 font-semibold">History</h3>
        {query.isPending ? (
          <SkeletonRows rows={3} label="Loading the history" />
        ) : query.error !== null ? (
          <ErrorState small error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          <RowTimeline versions={query.data.versions} mode={table.mode} />
        )}
      </section>
    </>
  );
}

function titleOf(table: TableDetail, open: OpenRow): string {
  if (open.key === undefined) return `Row of ${table.table}`;
  try {
    const key = JSON.parse(open.key) as Record<string, unknown>;
    return Object.values(key).map(String).join(", ");
  } catch {
    return `Row of ${table.table}`;
  }
}
