/** How a part of a table stands. */
export type Coverage = "present" | "missing" | "failed" | "running" | "queued";

export interface CoverageRow {
  /** Such as a table. */
  readonly name: string;
  /** One for each column; absent: nobody knows. */
  readonly cells: readonly (Coverage | undefined)[];
}

export interface CoverageGridProps {
  /** Partitions, such as days. */
  readonly columns: readonly string[];
  readonly rows: readonly CoverageRow[];
  readonly label: string;
  readonly onOpen?: (row: string, column: string) => void;
}

const MARKS: Readonly<Record<Coverage, { sign: string; look: string }>> = {
  present: { sign: "✓", look: "bg-succeeded-soft text-succeeded" },
  missing: { sign: "·", look: "bg-sunken text-faint" },
  failed: { sign: "✕", look: "bg-failed-soft text-failed" },
  running: { sign: "▸", look: "bg-running-soft text-running" },
  queued: { sign: "…", look: "bg-queued-soft text-queued" },
};

/** Which part of which table is there: a sign and a colour for each. */
export function CoverageGrid(props: CoverageGridProps) {
  const { columns, rows, label, onOpen } = props;
  return (
    <div className="overflow-x-auto" tabIndex={0} role="region" aria-label={label}>
      <table className="border-separate border-spacing-0.5 text-xs">
        <thead>
          <tr>
            <th scope="col" className="sticky left-0 bg-surface pr-3 text-left font-medium text-muted">
              Table
            </th>
            {columns.map((column) => (
              <th key={column} scope="col" className="px-1 font-normal whitespace-nowrap text-muted">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <th
                scope="row"
                className="sticky left-0 max-w-56 truncate bg-surface pr-3 text-left font-medium"
              >
                {row.name}
              </th>
              {columns.map((column, index) => (
                <td key={column} className="p-0">
                  <Cell
                    state={row.cells[index]}
                    name={`${row.name}, ${column}`}
                    onOpen={
                      onOpen === undefined
                        ? undefined
                        : () => {
                            onOpen(row.name, column);
                          }
                    }
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell(props: { state: Coverage | undefined; name: string; onOpen: (() => void) | undefined }) {
  const { state, name, onOpen } = props;
  const mark = state === undefined ? { sign: "", look: "bg-transparent text-faint" } : MARKS[state];
  const look = `flex h-7 w-full min-w-7 items-center justify-center rounded-sm ${mark.look}`;
  const words = `${name}: ${state ?? "not known"}`;
  if (onOpen === undefined)
    return (
      <span className={look} title={words}>
        <span aria-hidden="true">{mark.sign}</span>
        <span className="sr-only">{state ?? "not known"}</span>
      </span>
    );
  return (
    <button
      type="button"
      className={`${look} hover:ring-1 hover:ring-line-strong`}
      title={words}
      aria-label={words}
      onClick={onOpen}
    >
      <span aria-hidden="true">{mark.sign}</span>
    </button>
  );
}
