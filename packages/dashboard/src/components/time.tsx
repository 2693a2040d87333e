import type { ReactNode } from "react";
import { formatAbsolute, formatRelative } from "../format/format-time.ts";
import { useNow } from "./now.ts";
import { Tip } from "./tip.tsx";

interface TimeProps {
  /** ISO 8601; null: it never happened. */
  readonly at: string | null | undefined;
  /** Instead of nothing. */
  readonly never?: string;
  /** IANA name of a zone that is shown as well, such as a pipeline's own. */
  readonly zone?: string | undefined;
  /** Shows date and time instead of how long ago. */
  readonly absolute?: boolean;
}

/** An instant: how long ago, and on hover the date and time with their zone and in UTC. */
export function Time({ at, never = "never", zone, absolute = false }: TimeProps): ReactNode {
  const ms = at == null ? Number.NaN : Date.parse(at);
  if (Number.isNaN(ms)) return <span className="text-faint">{never}</span>;
  return (
    <Tip text={<Zones ms={ms} zone={zone} />}>
      <time dateTime={at ?? undefined} className="whitespace-nowrap">
        {absolute ? formatAbsolute(ms) : <Relative ms={ms} />}
      </time>
    </Tip>
  );
}

const MINUTE = 60_000;

function Relative({ ms }: { readonly ms: number }): ReactNode {
  const near = Math.abs(Date.now() - ms) < 2 * MINUTE;
  const now = useNow(near ? 1_000 : 10_000);
  return formatRelative(ms, Math.max(now, near ? 0 : Date.now()));
}

function Zones({ ms, zone }: { readonly ms: number; readonly zone: string | undefined }): ReactNode {
  return (
    <span className="block text-left">
      {zone !== undefined && (
        <span className="block">
          {formatAbsolute(ms, zone)} ({zone})
        </span>
      )}
      <span className="block">{formatAbsolute(ms)} (here)</span>
      <span className="block">{formatAbsolute(ms, "UTC")}</span>
    </span>
  );
}
