import { useNavigate } from "@tanstack/react-router";
import { ArrowRight } from "lucide-react";
import type { ReactNode } from "react";
import type { Answer } from "../../api/get-query.ts";
import { RunStrip } from "../../charts/run-strip.tsx";
import { Card } from "../../components/card.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { LoadMore } from "../../components/load-more.tsx";
import { useNow } from "../../components/now.ts";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { Status } from "../../components/status.tsx";
import { ButtonLink, TextLink } from "../../components/text-link.tsx";
import { Tip } from "../../components/tip.tsx";
import { formatDuration } from "../../format/format-duration.ts";
import { formatAbsolute } from "../../format/format-time.ts";
import { runTick } from "../runs/run-tick.tsx";
import { usePages } from "../shared/use-pages.ts";

type Strip = Answer<"/api/v1/overview/strips">["items"][number];

const PAGE = 12;

/** The last 30 runs of each pipeline, and how long it is until the next. */
export function Strips({ className }: { readonly className?: string }): ReactNode {
  const pages = usePages("/api/v1/overview/strips", { query: { limit: PAGE } });
  return (
    <Card
      flush
      {...(className === undefined ? {} : { className })}
      title="Runs by pipeline"
      note="The last 30 runs; the taller, the longer it took."
      actions={
        <ButtonLink to="/pipelines" kind="quiet" size="small">
          All pipelines
          <ArrowRight aria-hidden className="size-4" />
        </ButtonLink>
      }
    >
      {pages.error !== null && pages.items.length === 0 ? (
        <ErrorState error={pages.error} title="The runs could not be loaded" onRetry={pages.retry} />
      ) : pages.loading ? (
        <SkeletonRows rows={PAGE} />
      ) : (
        <ul className="grid border-t border-line lg:grid-cols-2">
          {pages.items.map((strip) => (
            <StripRow key={strip.pipeline} strip={strip} />
          ))}
        </ul>
      )}
      <LoadMore hasMore={pages.hasMore} busy={pages.busy} onMore={pages.more} what="pipelines" />
    </Card>
  );
}

function StripRow({ strip }: { readonly strip: Strip }): ReactNode {
  const navigate = useNavigate();
  return (
    <li className="flex min-w-0 flex-wrap items-center gap-x-4 gap-y-1 border-b border-line px-4 py-2 sm:h-13 sm:flex-nowrap lg:nth-last-2:odd:border-b-0 last:border-b-0 lg:odd:border-r">
      <TextLink
        to="/pipelines/$name"
        params={{ name: strip.pipeline }}
        className="min-w-0 flex-1 basis-40 truncate font-medium text-ink!"
        title={strip.pipeline}
        dir="auto"
      >
        {strip.pipeline}
      </TextLink>
      <span className="w-28 shrink-0 text-right text-sm text-muted sm:order-last">
        <Next strip={strip} />
      </span>
      <RunStrip
        runs={strip.runs.map(runTick)}
        label={`Last runs of ${strip.pipeline}`}
        onOpen={(id) => void navigate({ to: "/runs/$id", params: { id } })}
      />
    </li>
  );
}

/** Countdown to the next fire; the tip has its time in the schedule's own zone. */
function Next({ strip }: { readonly strip: Strip }): ReactNode {
  if (strip.health === "paused" || strip.health === "disabled") return <Status quiet status={strip.health} />;
  if (strip.nextAt === null) return "no schedule";
  return <Countdown at={strip.nextAt} zone={strip.timeZone ?? undefined} />;
}

function Countdown({ at, zone }: { readonly at: string; readonly zone: string | undefined }): ReactNode {
  const ms = Date.parse(at);
  const soon = ms - Date.now() < 3_600_000;
  const now = useNow(soon ? 1_000 : 60_000);
  const left = Math.max(0, Math.round((ms - now) / 1_000) * 1_000);
  return (
    <Tip text={`${formatAbsolute(ms, zone)}${zone === undefined ? "" : ` (${zone})`}`}>
      <time dateTime={at} className="whitespace-nowrap">
        {left < 1_000 ? "due now" : `in ${formatDuration(soon ? left : Math.round(left / 60_000) * 60_000)}`}
      </time>
    </Tip>
  );
}
