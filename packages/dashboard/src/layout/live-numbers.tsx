import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { formatNumberOf, formatShortCount } from "../format/format-count.ts";
import { METRICS_KEY } from "../live/merge-live.ts";
import type { LiveMetrics } from "../live/messages.ts";

/** Runs that go on and wait, and rows a second: pushed by the server. */
export function LiveNumbers(): ReactNode {
  const { data } = useQuery<LiveMetrics | null>({
    queryKey: METRICS_KEY,
    queryFn: () => null,
    staleTime: Infinity,
    gcTime: Infinity,
  });
  if (data == null) return null;
  return (
    <Link
      to="/runs"
      search={{ status: "running" }}
      className="hidden h-9 items-center gap-3 rounded-md px-2.5 text-sm text-muted hover:bg-hover xl:flex"
    >
      <span className="flex items-center gap-1.5">
        <span aria-hidden className={`size-2 rounded-full ${data.running > 0 ? "bg-running" : "bg-idle"}`} />
        {formatNumberOf(data.running, "running", "running")}
      </span>
      <span>{formatNumberOf(data.queued, "queued", "queued")}</span>
      <span>{formatShortCount(Math.round(data.rowsPerSecond))} rows/s</span>
    </Link>
  );
}
