import type { ReactNode } from "react";
import { Dialog } from "../components/dialog.tsx";
import { NAVIGATION } from "./navigation.ts";

const GENERAL: readonly (readonly [keys: readonly string[], what: string])[] = [
  [["Ctrl", "K"], "Search, go anywhere, do anything"],
  [["/"], "Search on this page"],
  [["?"], "This list"],
  [["Esc"], "Close what is open"],
];
const TABLES: readonly (readonly [keys: readonly string[], what: string])[] = [
  [["↓", "↑"], "Next and previous row (also j and k)"],
  [["Home", "End"], "First and last row"],
  [["Enter"], "Open the row"],
];

interface ShortcutHelpProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

/** What the keys do. */
export function ShortcutHelp({ open, onOpenChange }: ShortcutHelpProps): ReactNode {
  const pages = NAVIGATION.flatMap(({ items }) => items).flatMap(({ key, label }) =>
    key === undefined ? [] : [[["g", key], label] as const],
  );
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Keyboard shortcuts" wide>
      <div className="grid gap-6 sm:grid-cols-2">
        <div className="space-y-6">
          <Keys title="Everywhere" rows={GENERAL} />
          <Keys title="In a table" rows={TABLES} />
        </div>
        <Keys title="Go to" rows={pages} />
      </div>
    </Dialog>
  );
}

interface KeysProps {
  readonly title: string;
  readonly rows: readonly (readonly [keys: readonly string[], what: string])[];
}

function Keys({ title, rows }: KeysProps): ReactNode {
  return (
    <section>
      <h3 className="mb-2 text-sm font-medium text-muted">{title}</h3>
      <ul className="space-y-1.5">
        {rows.map(([keys, what]) => (
          <li key={what} className="flex items-center justify-between gap-3">
            {what}
            <span className="flex shrink-0 gap-1">
              {keys.map((key) => (
                <kbd
                  key={key}
                  className="min-w-6 rounded-sm border border-line-strong px-1.5 text-center font-sans text-sm"
                >
                  {key}
                </kbd>
              ))}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
