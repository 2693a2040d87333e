import { useLayoutEffect, useRef, useState, type ReactNode } from "react";
import { createPortal } from "react-dom";

/** Where a tip points to, in the window. */
export interface TipAnchor {
  readonly x: number;
  readonly y: number;
}

const MARGIN = 8;

/** A small card above a point of a chart; it never leaves the window. Says nothing to screen readers: marks have names. */
export function ChartTip(props: { readonly anchor: TipAnchor; readonly children: ReactNode }) {
  const { anchor, children } = props;
  const card = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState<TipAnchor>();
  useLayoutEffect(() => {
    const box = card.current?.getBoundingClientRect();
    if (box === undefined) return;
    const left = Math.max(MARGIN, Math.min(anchor.x - box.width / 2, window.innerWidth - box.width - MARGIN));
    const above = anchor.y - box.height - MARGIN;
    setPlace({ x: left, y: above < MARGIN ? anchor.y + 3 * MARGIN : above });
  }, [anchor.x, anchor.y, children]);
  return createPortal(
    <div
      ref={card}
      aria-hidden="true"
      className="pointer-events-none fixed z-50 max-w-72 rounded-md border border-line bg-raised px-2.5 py-1.5 text-xs text-ink shadow-pop"
      style={{
        left: place?.x ?? 0,
        top: place?.y ?? 0,
        visibility: place === undefined ? "hidden" : "visible",
      }}
    >
      {children}
    </div>,
    document.body,
  );
}
