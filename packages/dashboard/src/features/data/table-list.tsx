import type { ReactNode } from "react";
import { Count } from "../../components/quantity.tsx";
import { Badge, Status } from "../../components/status.tsx";
import { TextLink } from "../../components/text-link.tsx";
import { Time } from "../../components/time.tsx";
import { formatShortCount } from "../../format/format-count.ts";
import type { FreshnessItem, TableItem } from "../shared/api-types.ts";
import type { Pages } from "../shared/use-pages.ts";
import { VirtualTable } from "../shared/virtual-table.tsx";

interface TableListProps {
  readonly pages: Pages<TableItem>;
  /** By pipeline, line break, table. */
  readonly freshness: ReadonlyMap<string, FreshnessItem>;
}

const COLUMNS =
  "grid grid-cols-[minmax(0,1fr)_auto] content-center items-center gap-x-4 gap-y-1 md:grid-cols-[minmax(0,1.4fr)_minmax(0,1fr)_8rem_7rem_minmax(9rem,0.8fr)]";
const HEADINGS = [
  { name: "Table" },
  { name: "Written by" },
  { name: "Fresh" },
  { name: "Last rows", className: "text-right" },
  { name: "Last run changed", className: "text-right" },
];

/** Tables with their pipeline, freshness, and what the last run did to them. */
export function TableList({ pages, freshness }: TableListProps): ReactNode {
  return (
    <VirtualTable
      label="Tables"
      pages={pages}
      keyOf={(item) => item.id}
      height={60}
      narrowHeight={94}
      headings={HEADINGS}
      columns={COLUMNS}
    >
      {(item) => (
        <Cells
          item={item}
          fresh={item.pipelines
            .map((name) => freshness.get(`${name}\n${item.table}`))
            .find((one) => one !== undefined)}
        />
      )}
    </VirtualTable>
  );
}

function Cells({
  item,
  fresh,
}: {
  readonly item: TableItem;
  readonly fresh: FreshnessItem | undefined;
}): ReactNode {
  const run = item.lastRun;
  return (
    <>
      <div role="cell" className="min-w-0">
        <TextLink
          to="/data/$table"
          params={{ table: item.id }}
          className="block truncate font-medium text-ink!"
          title={item.table}
        >
          <bdi>{item.table}</bdi>
        </TextLink>
        <p className="flex min-w-0 items-center gap-2 text-sm text-muted">
          <span className="shrink-0">
            <Badge>{item.mode}</Badge>
          </span>
          <span className="truncate" title={item.location}>
            {item.location}
          </span>
        </p>
      </div>
      <div role="cell" className="order-3 min-w-0 truncate text-sm md:order-none md:text-base">
        {item.pipelines.map((name, index) => (
          <span key={name}>
            {index > 0 && ", "}
            <TextLink to="/pipelines/$name" params={{ name }}>
              <bdi>{name}</bdi>
            </TextLink>
          </span>
        ))}
      </div>
      <div role="cell" className="justify-self-end md:justify-self-start">
        {fresh === undefined ? (
          <span className="text-faint">–</span>
        ) : (
          <Status status={fresh.state} {...(fresh.state === "unscheduled" ? { label: "Unscheduled" } : {})} />
        )}
      </div>
      <div role="cell" className="order-4 justify-self-end text-sm md:order-none">
        <Time at={fresh?.lastRowAt ?? run?.finishedAt} never="–" />
      </div>
      <div role="cell" className="order-5 hidden text-right text-sm text-muted md:block">
        {run === null ? (
          "–"
        ) : (
          <>
            {changedWords(run)}
            {run.rejected > 0 && (
              <TextLink
                to="/data/$table"
                params={{ table: item.id }}
                search={{ tab: "quarantine" }}
                className="block text-late"
              >
                <Count value={run.rejected} short /> rejected
              </TextLink>
            )}
          </>
        )}
      </div>
    </>
  );
}

function changedWords(run: NonNullable<TableItem["lastRun"]>): string {
  const parts = (["inserted", "updated", "removed"] as const)
    .filter((key) => run[key] > 0)
    .map((key) => `${formatShortCount(run[key])} ${key}`);
  return parts.length === 0 ? "nothing" : parts.join(", ");
}
