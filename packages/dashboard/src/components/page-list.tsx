import type { ReactNode } from "react";
import { Card } from "./card.tsx";
import type { Column } from "./column.ts";
import { DataTable } from "./data-table.tsx";
import { ErrorState } from "./error-state.tsx";
import { LoadMore } from "./load-more.tsx";
import { SkeletonRows } from "./skeleton.tsx";

/** A list that is loaded page by page, as `usePages` gives it. */
interface Pages<Row> {
  readonly items: readonly Row[];
  readonly loading: boolean;
  readonly error: unknown;
  readonly retry: () => void;
  readonly hasMore: boolean;
  readonly busy: boolean;
  readonly more: () => void;
}

interface PageListProps<Row> {
  readonly pages: Pages<Row>;
  /** What is listed, such as `events`. */
  readonly what: string;
  readonly columns: readonly Column<Row>[];
  readonly rowKey: (row: Row) => string;
  readonly empty: ReactNode;
  readonly onOpen?: (row: Row) => void;
  readonly rowHeight?: number;
  /** Above the rows. */
  readonly title?: ReactNode;
}

/** A table of a list with its states: on its way, failed, empty, and more to come. */
export function PageList<Row>(props: PageListProps<Row>): ReactNode {
  const { pages, what, title, columns, rowKey, empty, onOpen, rowHeight } = props;
  return (
    <Card flush {...(title === undefined ? {} : { title })}>
      {pages.error !== null && pages.items.length === 0 ? (
        <ErrorState error={pages.error} title={`The ${what} could not be loaded`} onRetry={pages.retry} />
      ) : pages.loading ? (
        <SkeletonRows rows={12} />
      ) : (
        <DataTable
          label={what}
          rows={pages.items}
          columns={columns}
          rowKey={rowKey}
          empty={empty}
          {...(onOpen === undefined ? {} : { onOpen })}
          {...(rowHeight === undefined ? {} : { rowHeight })}
        />
      )}
      <LoadMore hasMore={pages.hasMore} busy={pages.busy} onMore={pages.more} what={what} />
    </Card>
  );
}
