import { Download } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "../../components/button.tsx";
import { Menu } from "../../components/menu.tsx";
import type { TableColumn } from "../shared/api-types.ts";
import type { RowFilter, RowSort } from "./row-filters.ts";
import { selection, type RowKind } from "./use-rows.ts";

interface ExportMenuProps {
  readonly table: string;
  readonly of: RowKind;
  readonly filters: readonly RowFilter[];
  readonly sort: RowSort | undefined;
  readonly hidden: ReadonlySet<string>;
  readonly columns: readonly TableColumn[];
}

/** Writes the rows that are shown into a file, with the same conditions, order and columns. */
export function ExportMenu(props: ExportMenuProps): ReactNode {
  const save = (format: "csv" | "jsonl"): void => {
    const link = document.createElement("a");
    link.href = exportUrl(props, format);
    link.download = "";
    link.click();
  };
  return (
    <Menu
      items={[
        {
          label: "CSV",
          onSelect: () => {
            save("csv");
          },
        },
        {
          label: "JSON Lines",
          onSelect: () => {
            save("jsonl");
          },
        },
      ]}
    >
      <Button icon={Download}>Export</Button>
    </Menu>
  );
}

function exportUrl(props: ExportMenuProps, format: "csv" | "jsonl"): string {
  const { table, of, filters, sort, hidden, columns } = props;
  const query = new URLSearchParams({ ...selection(of, filters, sort), format });
  if (columns.some((column) => hidden.has(column.name)))
    query.set(
      "columns",
      JSON.stringify(columns.map((column) => column.name).filter((name) => !hidden.has(name))),
    );
  return `/api/v1/tables/${encodeURIComponent(table)}/export?${query.toString()}`;
}
