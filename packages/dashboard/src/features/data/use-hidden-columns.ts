import { useState } from "react";

/** Columns of a table that somebody does not want to see; the browser keeps them. */
export function useHiddenColumns(
  table: string,
): readonly [ReadonlySet<string>, (hidden: ReadonlySet<string>) => void] {
  const place = `millrace.hidden.${table}`;
  const [hidden, setHidden] = useState<ReadonlySet<string>>(() => readSet(place));
  return [
    hidden,
    (next) => {
      setHidden(next);
      try {
        if (next.size === 0) localStorage.removeItem(place);
        else localStorage.setItem(place, JSON.stringify([...next]));
      } catch {
        // A browser that keeps nothing hides them until the page is left.
      }
    },
  ];
}

function readSet(place: string): ReadonlySet<string> {
  try {
    const read: unknown = JSON.parse(localStorage.getItem(place) ?? "[]");
    return new Set(Array.isArray(read) ? read.filter((one) => typeof one === "string") : []);
  } catch {
    return new Set();
  }
}
