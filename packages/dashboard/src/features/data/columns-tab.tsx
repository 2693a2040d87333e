import { KeyRound } from "lucide-react";
import type { ReactNode } from "react";
import { Card } from "../../components/card.tsx";
import { Badge } from "../../components/status.tsx";
import { SchemaChanges } from "../pipelines/schema-changes.tsx";
import type { TableDetail } from "../shared/api-types.ts";

/** The columns of a table, and how they came to be. */
export function ColumnsTab({ table }: { readonly table: TableDetail }): ReactNode {
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <Card title="Columns" flush>
        <ul className="divide-y divide-line border-t border-line">
          {table.columns.map((column) => (
            <li key={column.name} className="flex items-center gap-3 px-4 py-2">
              <span className={`min-w-0 flex-1 wrap-anywhere ${column.own ? "text-muted" : ""}`}>
                {column.name}
              </span>
              {column.key && (
                <Badge tone="running">
                  <KeyRound aria-hidden className="size-3" /> key
                </Badge>
              )}
              {column.own && <Badge>Millrace's</Badge>}
              <code className="font-mono text-sm text-muted">{column.type}</code>
            </li>
          ))}
        </ul>
      </Card>
      {table.pipelines.map((pipeline) => (
        <Card
          key={pipeline}
          title="Changes"
          note={table.pipelines.length > 1 ? `by ${pipeline}` : "Columns that came or became wider."}
          flush
        >
          <SchemaChanges pipeline={pipeline} table={table.table} />
        </Card>
      ))}
    </div>
  );
}
