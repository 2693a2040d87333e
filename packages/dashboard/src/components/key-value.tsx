import type { ReactNode } from "react";

interface KeyValueProps {
  /** Pairs; one whose value is undefined is left out. */
  readonly items: readonly (readonly [name: string, value: ReactNode])[];
  /** As many pairs beside each other as have room. */
  readonly columns?: boolean;
}

/** Facts with their names. */
export function KeyValue({ items, columns = false }: KeyValueProps): ReactNode {
  return (
    <dl
      className={
        columns ? "grid grid-cols-[repeat(auto-fill,minmax(10rem,1fr))] gap-x-6 gap-y-3" : "space-y-2"
      }
    >
      {items
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => (
          <div
            key={name}
            className={columns ? "min-w-0" : "grid grid-cols-[minmax(6rem,10rem)_minmax(0,1fr)] gap-3"}
          >
            <dt className="text-sm text-muted">{name}</dt>
            <dd className="min-w-0">{value}</dd>
          </div>
        ))}
    </dl>
  );
}
