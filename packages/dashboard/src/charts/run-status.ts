/** How a run stands or ended. */
export type RunStatus =
  "queued" | "running" | "succeeded" | "failed" | "stopped" | "cancelled" | "died" | "waiting" | "planned";

/** How a status is drawn: colour, and a mark that tells it without colour. */
export interface StatusLook {
  readonly word: string;
  readonly fill: string;
  readonly stroke: string;
  readonly ground: string;
  readonly text: string;
  /** `cross` for what went wrong, `dots` for what is still open, none for what went well. */
  readonly mark: "none" | "cross" | "hollow" | "bar";
}

const LOOKS: Readonly<Record<string, StatusLook>> = {
  succeeded: look("succeeded", "succeeded", "none"),
  running: look("running", "running", "bar"),
  queued: look("queued", "queued", "hollow"),
  waiting: look("waiting", "queued", "hollow"),
  planned: look("planned", "idle", "hollow"),
  failed: look("failed", "failed", "cross"),
  died: look("died", "failed", "cross"),
  stopped: look("stopped", "late", "bar"),
  cancelled: look("cancelled", "paused", "bar"),
};

/** The look of a status; one that is not known is drawn as idle. */
export function statusLook(status: string): StatusLook {
  return LOOKS[status] ?? look(status, "idle", "bar");
}

type Tone = "succeeded" | "failed" | "running" | "queued" | "late" | "paused" | "idle";

// Class names are written out: Tailwind reads them from the source.
const TONES: Readonly<Record<Tone, Pick<StatusLook, "fill" | "stroke" | "ground" | "text">>> = {
  succeeded: {
    fill: "fill-succeeded",
    stroke: "stroke-succeeded",
    ground: "fill-succeeded-soft",
    text: "text-succeeded",
  },
  failed: { fill: "fill-failed", stroke: "stroke-failed", ground: "fill-failed-soft", text: "text-failed" },
  running: {
    fill: "fill-running",
    stroke: "stroke-running",
    ground: "fill-running-soft",
    text: "text-running",
  },
  queued: { fill: "fill-queued", stroke: "stroke-queued", ground: "fill-queued-soft", text: "text-queued" },
  late: { fill: "fill-late", stroke: "stroke-late", ground: "fill-late-soft", text: "text-late" },
  paused: { fill: "fill-paused", stroke: "stroke-paused", ground: "fill-paused-soft", text: "text-paused" },
  idle: { fill: "fill-idle", stroke: "stroke-idle", ground: "fill-idle-soft", text: "text-idle" },
};

function look(word: string, tone: Tone, mark: StatusLook["mark"]): StatusLook {
  return { word, ...TONES[tone], mark };
}
