import { KeyRound } from "lucide-react";
import type { ReactNode } from "react";
import { CopyButton } from "../../components/code-block.tsx";
import type { TableColumn } from "../shared/api-types.ts";

interface RowValuesProps {
  readonly columns: readonly TableColumn[];
  readonly values: Readonly<Record<string, unknown>>;
}

/** All values of a row, in full. */
export function RowValues({ columns, values }: RowValuesProps): ReactNode {
  const known = new Set(columns.map((column) => column.name));
  const more = Object.keys(values).filter((name) => !known.has(name));
  return (
    <dl className="divide-y divide-line rounded-md border border-line">
      {columns
        .filter((column) => column.name in values)
        .map((column) => (
          <Value
            key={column.name}
            name={column.name}
            type={column.type}
            isKey={column.key}
            quiet={column.own}
            value={values[column.name]}
          />
        ))}
      {more.map((name) => (
        <Value key={name} name={name} type="" isKey={false} quiet value={values[name]} />
      ))}
    </dl>
  );
}

interface ValueProps {
  readonly name: string;
  readonly type: string;
  readonly isKey: boolean;
  readonly quiet: boolean;
  readonly value: unknown;
}

function Value({ name, type, isKey, quiet, value }: ValueProps): ReactNode {
  const none = value === null || value === undefined;
  const text = none ? "null" : typeof value === "string" ? value : pretty(value);
  return (
    <div className="group grid grid-cols-[minmax(6rem,11rem)_minmax(0,1fr)_1.75rem] items-start gap-3 px-3 py-1.5">
      <dt className={quiet ? "text-sm text-muted" : "text-sm"}>
        <span className="flex items-center gap-1 wrap-anywhere">
          {isKey && <KeyRound aria-label="key" className="size-3 shrink-0 text-muted" />}
          {name}
        </span>
        <span className="block text-xs text-muted">{type}</span>
      </dt>
      <dd
        className={`max-h-60 min-w-0 overflow-auto text-sm whitespace-pre-wrap wrap-anywhere ${none ? "text-faint italic" : quiet ? "text-muted" : ""}`}
        dir="auto"
      >
        {text}
      </dd>
      <dd className="opacity-0 group-focus-within:opacity-100 group-hover:opacity-100">
        {!none && <CopyButton text={text} label={`Copy ${name}`} />}
      </dd>
    </div>
  );
}

function pretty(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value, null, 2) : String(value);
}
