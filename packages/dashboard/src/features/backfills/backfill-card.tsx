import { useState, type ReactNode } from "react";
import { api } from "../../api/client.ts";
import { useRole } from "../../api/use-role.ts";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { Status, statusLook } from "../../components/status.tsx";
import { TextLink } from "../../components/text-link.tsx";
import { Time } from "../../components/time.tsx";
import { formatCount, formatNumberOf } from "../../format/format-count.ts";
import type { BackfillItem } from "../shared/api-types.ts";
import { useCommand } from "../shared/use-command.ts";
import { BackfillPartitions } from "./backfill-partitions.tsx";

const ORDER = [
  "succeeded",
  "running",
  "queued",
  "waiting",
  "failed",
  "died",
  "stopped",
  "cancelled",
] as const;
const FILLS: Readonly<Record<string, string>> = {
  succeeded: "bg-succeeded",
  failed: "bg-failed",
  running: "bg-running",
  queued: "bg-queued",
  late: "bg-late",
  paused: "bg-paused",
  idle: "bg-idle",
};

/** One backfill: how far it is, its parts, and the way to cancel it. */
export function BackfillCard({ backfill }: { readonly backfill: BackfillItem }): ReactNode {
  const [open, setOpen] = useState(!backfill.over);
  const status = statusOf(backfill);
  return (
    <Card
      title={
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <TextLink to="/pipelines/$name" params={{ name: backfill.pipeline }} className="text-ink!">
            {backfill.pipeline}
          </TextLink>
          <Status status={status} />
        </span>
      }
      note={
        <>
          {rangeWords(backfill)} · by {backfill.requestedBy} <Time at={backfill.requestedAt} />
          {backfill.parallel > 1 && ` · ${String(backfill.parallel)} at the same time`}
        </>
      }
      actions={
        <>
          {!backfill.over && backfill.cancelledAt === null && <Cancel id={backfill.id} />}
          <Button
            size="small"
            aria-expanded={open}
            onClick={() => {
              setOpen(!open);
            }}
          >
            {open ? "Hide parts" : "Show parts"}
          </Button>
        </>
      }
    >
      <Progress backfill={backfill} />
      {open && <BackfillPartitions id={backfill.id} />}
    </Card>
  );
}

function Progress({ backfill }: { readonly backfill: BackfillItem }): ReactNode {
  const parts = ORDER.flatMap((state) => {
    const count = backfill.counts[state] ?? 0;
    return count === 0 ? [] : [{ state, count }];
  });
  const words = parts
    .map(({ state, count }) => `${formatCount(count)} ${statusLook(state).label.toLowerCase()}`)
    .join(", ");
  return (
    <div>
      <div
        role="img"
        aria-label={`Of ${formatNumberOf(backfill.total, "part")}: ${words}`}
        className="flex h-2.5 gap-px overflow-hidden rounded-full bg-sunken"
      >
        {parts.map(({ state, count }) => (
          <div
            key={state}
            className={FILLS[statusLook(state).tone]}
            style={{ width: `${String((count / Math.max(1, backfill.total)) * 100)}%` }}
          />
        ))}
      </div>
      <p className="mt-1.5 text-sm text-muted">
        {formatNumberOf(backfill.total, "part")}: {words}
      </p>
    </div>
  );
}

function Cancel({ id }: { readonly id: string }): ReactNode {
  const { isOperator } = useRole();
  const command = useCommand();
  const [asked, setAsked] = useState(false);
  if (!isOperator) return null;
  const cancel = (): Promise<unknown> =>
    command.run({
      title: "The backfill is cancelled",
      act: () =>
        api.POST("/api/v1/backfills/{id}/cancel", {
          params: { path: { id } },
          headers: { "idempotency-key": crypto.randomUUID() },
          body: {},
        }),
    });
  return (
    <>
      <Button
        size="small"
        onClick={() => {
          setAsked(true);
        }}
      >
        Cancel…
      </Button>
      <ConfirmDialog
        open={asked}
        onOpenChange={setAsked}
        title="Cancel this backfill?"
        action="Cancel the backfill"
        danger
        onConfirm={cancel}
      >
        <p>
          What waits does not start, what runs is ended. Parts that succeeded stay as they are; a new backfill
          does the rest.
        </p>
      </ConfirmDialog>
    </>
  );
}

function statusOf(backfill: BackfillItem): string {
  if (backfill.cancelledAt !== null) return "cancelled";
  if (!backfill.over) return (backfill.counts.running ?? 0) > 0 ? "running" : "queued";
  return (backfill.counts.failed ?? 0) + (backfill.counts.died ?? 0) > 0 ? "failed" : "succeeded";
}

function rangeWords(backfill: BackfillItem): string {
  const { range } = backfill;
  if (range === null) return formatNumberOf(backfill.total, "part by name", "parts by name");
  return `${range.from} to ${range.to} by ${range.by}, ${range.timeZone}`;
}
