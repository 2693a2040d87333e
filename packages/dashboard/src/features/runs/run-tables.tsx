import type { ReactNode } from "react";
import { Count } from "../../components/quantity.tsx";
import { TextLink } from "../../components/text-link.tsx";
import type { RunTable } from "../shared/api-types.ts";

interface RunTablesProps {
  readonly tables: readonly RunTable[];
  /** Stands below the name of a table. */
  readonly note?: (table: string) => ReactNode;
}

const COLUMNS = [
  ["read", "Read"],
  ["inserted", "Inserted"],
  ["updated", "Updated"],
  ["unchanged", "Unchanged"],
  ["removed", "Removed"],
  ["restored", "Restored"],
  ["rejected", "Rejected"],
] as const;

/** What happened to the rows of each table. */
export function RunTables({ tables, note }: RunTablesProps): ReactNode {
  return (
    <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Counts of each table">
      <table className="w-full border-t border-line">
        <thead>
          <tr className="border-b border-line text-xs text-muted">
            <th scope="col" className="px-4 py-2 text-left font-medium">
              Table
            </th>
            {COLUMNS.map(([key, name]) => (
              <th key={key} scope="col" className="px-3 py-2 text-right font-medium last:pr-4">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {tables.map((table) => (
            <tr key={table.table}>
              <th scope="row" className="px-4 py-2 text-left font-medium">
                <TextLink to="/data/$table" params={{ table: table.table }}>
                  {table.table}
                </TextLink>
                {note !== undefined && (
                  <span className="block text-sm font-normal text-muted">{note(table.table)}</span>
                )}
              </th>
              {COLUMNS.map(([key]) => (
                <td
                  key={key}
                  className={`px-3 py-2 text-right last:pr-4 ${table[key] === 0 ? "text-faint" : key === "rejected" ? "font-medium text-late" : ""}`}
                >
                  {key === "rejected" && table.rejected > 0 ? (
                    <TextLink
                      to="/data/$table"
                      params={{ table: table.table }}
                      search={{ tab: "quarantine" }}
                      className="text-late"
                    >
                      <Count value={table.rejected} />
                    </TextLink>
                  ) : (
                    <Count value={table[key]} />
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
