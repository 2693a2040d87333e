import { useState, type ReactNode } from "react";
import { CodeBlock } from "../../components/code-block.tsx";
import { Badge } from "../../components/status.tsx";
import { TextLink } from "../../components/text-link.tsx";
import { Time } from "../../components/time.tsx";
import type { QuarantinedRow } from "../shared/api-types.ts";
import { cellText } from "./cell-text.ts";

/** One refused row: why, where it came from, and all of it when it is opened. */
export function QuarantineItem({ row }: { readonly row: QuarantinedRow }): ReactNode {
  const [open, setOpen] = useState(false);
  const place =
    row.file === null ? undefined : `${row.file}${row.line === null ? "" : `:${String(row.line)}`}`;
  return (
    <li className="px-4 py-2.5">
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
        <Badge tone="late">{row.code}</Badge>
        <p className="min-w-0 flex-1 basis-60 font-medium wrap-anywhere" dir="auto">
          {row.reason}
        </p>
        <span className="text-sm text-muted">
          {row.run === null ? (
            <Time at={row.rejectedAt} />
          ) : (
            <TextLink to="/runs/$id" params={{ id: row.run }}>
              <Time at={row.rejectedAt} />
            </TextLink>
          )}
        </span>
      </div>
      {place !== undefined && <p className="mt-0.5 font-mono text-xs text-muted wrap-anywhere">{place}</p>}
      <button
        type="button"
        aria-expanded={open}
        onClick={() => {
          setOpen(!open);
        }}
        className="mt-1 flex w-full min-w-0 items-baseline gap-2 rounded-sm text-left text-sm text-muted hover:text-ink"
      >
        <span aria-hidden className="shrink-0">
          {open ? "▾" : "▸"}
        </span>
        <span className="min-w-0 flex-1 truncate font-mono text-xs" dir="auto">
          {open ? "Hide the row" : cellText(row.row)}
        </span>
      </button>
      {open && (
        <CodeBlock
          className="mt-2"
          label="Refused row"
          wrap
          code={typeof row.row === "string" ? row.row : JSON.stringify(row.row, null, 2)}
        />
      )}
    </li>
  );
}
