import type { ReactNode } from "react";
import { formatBytes } from "../format/format-bytes.ts";
import { formatCount, formatShortCount } from "../format/format-count.ts";
import { formatDuration } from "../format/format-duration.ts";
import { useNow } from "./now.ts";

const NONE = <span className="text-faint">–</span>;

/** A number with separators, or a dash where there is none. `short`: `1.2M`, the full number as its title. */
export function Count({
  value,
  short = false,
}: {
  readonly value: number | null | undefined;
  readonly short?: boolean;
}): ReactNode {
  if (value == null) return NONE;
  if (!short) return formatCount(value);
  return <span title={formatCount(value)}>{formatShortCount(value)}</span>;
}

/** A size, the exact number of bytes as its title. */
export function Bytes({ value }: { readonly value: number | null | undefined }): ReactNode {
  if (value == null) return NONE;
  return (
    <span className="whitespace-nowrap" title={`${formatCount(value)} bytes`}>
      {formatBytes(value)}
    </span>
  );
}

/** How long something took, or has been going on since `since`. */
export function Duration({
  ms,
  since,
}: {
  readonly ms?: number | null | undefined;
  readonly since?: string | null;
}): ReactNode {
  if (ms != null) return <span className="whitespace-nowrap">{formatDuration(ms)}</span>;
  if (since == null) return NONE;
  return <Elapsed since={Date.parse(since)} />;
}

function Elapsed({ since }: { readonly since: number }): ReactNode {
  const now = useNow(1_000);
  return (
    <span className="whitespace-nowrap">
      {formatDuration(Math.max(0, Math.round((now - since) / 1000) * 1000))}
    </span>
  );
}
