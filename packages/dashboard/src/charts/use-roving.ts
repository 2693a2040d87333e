import { useState, type KeyboardEvent } from "react";

/** The mark of a chart that the keyboard is at. */
export interface Roving {
  /** Undefined while the chart has no focus. */
  readonly active: number | undefined;
  readonly setActive: (index: number | undefined) => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
  readonly onFocus: () => void;
  readonly onBlur: () => void;
}

/**
 * One stop of the tab key for a whole chart: arrows, Home and End go from mark to mark, Enter opens one, Escape leaves.
 * `columns` above 1 lets up and down go by rows.
 */
export function useRoving(options: {
  readonly count: number;
  readonly start?: number;
  readonly rows?: number;
  readonly onOpen?: ((index: number) => void) | undefined;
}): Roving {
  const { count, onOpen, rows = 1 } = options;
  const [active, setActive] = useState<number>();
  const last = count - 1;
  const move = (to: number): void => {
    setActive(Math.max(0, Math.min(last, to)));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = active ?? options.start ?? last;
    const step = STEPS[event.key];
    if (step !== undefined) move(step({ at, last, rows }));
    else if (event.key === "Enter" || event.key === " ") {
      if (active === undefined || onOpen === undefined) return;
      onOpen(active);
    } else if (event.key === "Escape") setActive(undefined);
    else return;
    event.preventDefault();
  };
  return {
    active: active !== undefined && active > last ? undefined : active,
    setActive,
    onKeyDown,
    onFocus: () => {
      setActive((now) => now ?? options.start ?? last);
    },
    onBlur: () => {
      setActive(undefined);
    },
  };
}

const STEPS: Readonly<Record<string, (from: { at: number; last: number; rows: number }) => number>> = {
  ArrowLeft: ({ at, rows }) => at - rows,
  ArrowRight: ({ at, rows }) => at + rows,
  ArrowUp: ({ at }) => at - 1,
  ArrowDown: ({ at }) => at + 1,
  Home: () => 0,
  End: ({ last }) => last,
};
