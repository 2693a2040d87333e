import { Columns3 } from "lucide-react";
import { Popover } from "radix-ui";
import type { ReactNode } from "react";
import { Button } from "../../components/button.tsx";
import type { TableColumn } from "../shared/api-types.ts";

interface ColumnsMenuProps {
  readonly columns: readonly TableColumn[];
  readonly hidden: ReadonlySet<string>;
  readonly onChange: (hidden: ReadonlySet<string>) => void;
}

/** Which columns are shown. */
export function ColumnsMenu({ columns, hidden, onChange }: ColumnsMenuProps): ReactNode {
  const toggle = (name: string): void => {
    const next = new Set(hidden);
    if (!next.delete(name)) next.add(name);
    onChange(next);
  };
  const count = columns.filter((column) => hidden.has(column.name)).length;
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <Button icon={Columns3}>
          Columns{count > 0 && ` (${String(columns.length - count)}/${String(columns.length)})`}
        </Button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="end"
          sideOffset={6}
          collisionPadding={8}
          aria-label="Columns"
          className="z-50 w-72 animate-appear rounded-lg border border-line bg-raised shadow-pop"
        >
          <ul className="max-h-80 overflow-y-auto p-1">
            {columns.map((column) => (
              <li key={column.name}>
                <label className="flex cursor-pointer items-center gap-2.5 rounded-md px-2.5 py-1.5 hover:bg-hover">
                  <input
                    type="checkbox"
                    checked={!hidden.has(column.name)}
                    disabled={!hidden.has(column.name) && count === columns.length - 1}
                    onChange={() => {
                      toggle(column.name);
                    }}
                    className="accent-accent"
                  />
                  <span className="min-w-0 flex-1 truncate">{column.name}</span>
                  <span className="shrink-0 text-xs text-muted">{column.type}</span>
                </label>
              </li>
            ))}
          </ul>
          <div className="flex justify-between border-t border-line p-2">
            <Button
              size="small"
              kind="quiet"
              onClick={() => {
                onChange(new Set(columns.filter((column) => column.own).map((column) => column.name)));
              }}
            >
              Hide Millrace's own
            </Button>
            <Button
              size="small"
              kind="quiet"
              onClick={() => {
                onChange(new Set());
              }}
            >
              Show all
            </Button>
          </div>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
