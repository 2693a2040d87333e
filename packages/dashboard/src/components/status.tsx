import {
  Ban,
  CircleCheck,
  CircleDashed,
  CircleHelp,
  CirclePause,
  CircleX,
  Clock,
  ClockAlert,
  Copy,
  Eye,
  LoaderCircle,
  Skull,
  type LucideIcon,
} from "lucide-react";
import type { ReactNode } from "react";
import { classNames } from "./class-names.ts";

/** What a state means, apart from what it is called where. */
export type Tone = "succeeded" | "failed" | "running" | "queued" | "late" | "paused" | "idle";

interface Look {
  readonly tone: Tone;
  readonly icon: LucideIcon;
  readonly label: string;
}

/** Colour of a tone as text or mark. */
export const TONE_TEXT: Readonly<Record<Tone, string>> = {
  succeeded: "text-succeeded",
  failed: "text-failed",
  running: "text-running",
  queued: "text-queued",
  late: "text-late",
  paused: "text-paused",
  idle: "text-idle",
};
const SOFT: Readonly<Record<Tone, string>> = {
  succeeded: "bg-succeeded-soft",
  failed: "bg-failed-soft",
  running: "bg-running-soft",
  queued: "bg-queued-soft",
  late: "bg-late-soft",
  paused: "bg-paused-soft",
  idle: "bg-idle-soft",
};

/** States as the API names them: of runs, pipelines, tasks, commands, workers, checks. */
const LOOKS: Readonly<Record<string, Look>> = {
  succeeded: { tone: "succeeded", icon: CircleCheck, label: "Succeeded" },
  healthy: { tone: "succeeded", icon: CircleCheck, label: "Healthy" },
  fresh: { tone: "succeeded", icon: CircleCheck, label: "Fresh" },
  passed: { tone: "succeeded", icon: CircleCheck, label: "Passed" },
  alive: { tone: "succeeded", icon: CircleCheck, label: "Alive" },
  sent: { tone: "succeeded", icon: CircleCheck, label: "Sent" },
  review: { tone: "late", icon: Eye, label: "To review" },
  landing: { tone: "running", icon: LoaderCircle, label: "Landing" },
  duplicate: { tone: "idle", icon: Copy, label: "Duplicate" },
  rejected: { tone: "paused", icon: Ban, label: "Rejected" },
  retry: { tone: "late", icon: ClockAlert, label: "Tried again" },
  rows: { tone: "running", icon: Clock, label: "Rows" },
  corrected: { tone: "succeeded", icon: CircleCheck, label: "Corrected" },
  reprocess: { tone: "queued", icon: CircleDashed, label: "Done again" },
  done: { tone: "succeeded", icon: CircleCheck, label: "Done" },
  failed: { tone: "failed", icon: CircleX, label: "Failed" },
  failing: { tone: "failed", icon: CircleX, label: "Failing" },
  died: { tone: "failed", icon: Skull, label: "Died" },
  lost: { tone: "failed", icon: CircleX, label: "Lost" },
  gone: { tone: "failed", icon: CircleX, label: "Gone" },
  dead: { tone: "failed", icon: Skull, label: "Dead letter" },
  running: { tone: "running", icon: LoaderCircle, label: "Running" },
  sending: { tone: "running", icon: LoaderCircle, label: "Sending" },
  accepted: { tone: "running", icon: LoaderCircle, label: "Accepted" },
  queued: { tone: "queued", icon: CircleDashed, label: "Queued" },
  pending: { tone: "queued", icon: CircleDashed, label: "Pending" },
  waiting: { tone: "queued", icon: CircleDashed, label: "Waiting" },
  late: { tone: "late", icon: ClockAlert, label: "Late" },
  draining: { tone: "late", icon: Clock, label: "Draining" },
  skipped: { tone: "idle", icon: CircleDashed, label: "Skipped" },
  paused: { tone: "paused", icon: CirclePause, label: "Paused" },
  disabled: { tone: "paused", icon: CirclePause, label: "Disabled" },
  stopped: { tone: "paused", icon: Ban, label: "Stopped" },
  cancelled: { tone: "paused", icon: Ban, label: "Cancelled" },
  neverRan: { tone: "idle", icon: CircleDashed, label: "Never ran" },
  enabled: { tone: "succeeded", icon: CircleCheck, label: "Enabled" },
  retired: { tone: "idle", icon: Ban, label: "Retired" },
  unscheduled: { tone: "idle", icon: CircleDashed, label: "No schedule" },
  new: { tone: "failed", icon: CircleX, label: "New" },
  returned: { tone: "late", icon: ClockAlert, label: "Came back" },
  known: { tone: "idle", icon: CircleDashed, label: "Known" },
  refused: { tone: "late", icon: Ban, label: "Refused" },
  started: { tone: "running", icon: Clock, label: "Started" },
  never: { tone: "idle", icon: CircleDashed, label: "Never ran" },
  idle: { tone: "idle", icon: CircleDashed, label: "Idle" },
  degraded: { tone: "late", icon: ClockAlert, label: "Degraded" },
  connecting: { tone: "queued", icon: LoaderCircle, label: "Connecting" },
  reconnecting: { tone: "late", icon: LoaderCircle, label: "Reconnecting" },
  stopping: { tone: "paused", icon: LoaderCircle, label: "Stopping" },
  open: { tone: "succeeded", icon: CircleCheck, label: "Open" },
  opening: { tone: "queued", icon: LoaderCircle, label: "Opening" },
  closed: { tone: "failed", icon: CircleX, label: "Closed" },
  live: { tone: "succeeded", icon: CircleCheck, label: "Live" },
  silent: { tone: "late", icon: ClockAlert, label: "Silent" },
  recovering: { tone: "late", icon: LoaderCircle, label: "Recovering" },
  subscribing: { tone: "queued", icon: CircleDashed, label: "Subscribing" },
  unsubscribed: { tone: "paused", icon: Ban, label: "Unsubscribed" },
};

/** How a state looks; one that is not known here is shown by its own name. */
export function statusLook(status: string): Look {
  return LOOKS[status] ?? { tone: "idle", icon: CircleHelp, label: status };
}

interface StatusProps {
  /** As the API names it. */
  readonly status: string;
  /** Instead of the state's own name. */
  readonly label?: ReactNode;
  /** Without ground: inside of tables. */
  readonly quiet?: boolean;
}

/** A state as colour, icon and word together, so that none of them alone carries the meaning. */
export function Status({ status, label, quiet = false }: StatusProps): ReactNode {
  const { tone, icon: Icon, label: name } = statusLook(status);
  return (
    <span
      className={classNames(
        "inline-flex items-center gap-1.5 text-sm font-medium whitespace-nowrap",
        TONE_TEXT[tone],
        !quiet && `rounded-full py-0.5 pr-2.5 pl-2 ${SOFT[tone]}`,
      )}
    >
      <Icon
        aria-hidden
        className={classNames("size-4 shrink-0", Icon === LoaderCircle && "motion-safe:animate-spin")}
      />
      {label ?? name}
    </span>
  );
}

/** A short word on a soft ground: a mode, a kind, a count. */
export function Badge({
  tone = "idle",
  children,
}: {
  readonly tone?: Tone;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <span
      className={classNames(
        "inline-flex max-w-full items-center gap-1 rounded-sm px-1.5 py-px text-xs font-medium",
        TONE_TEXT[tone],
        SOFT[tone],
      )}
    >
      {children}
    </span>
  );
}
