/** How a status is drawn: colour, and a mark that tells it without colour. */
export interface ChartLook {
  readonly word: string;
  readonly fill: string;
  readonly stroke: string;
  readonly ground: string;
  readonly text: string;
  /** `cross` for what went wrong, `hollow` for what is still to come, `bar` for what is neither, none for what went well. */
  readonly mark: "none" | "cross" | "hollow" | "bar";
}

type Tone = "succeeded" | "failed" | "running" | "queued" | "late" | "paused" | "idle";

// Class names are written out: Tailwind reads them from the source.
const TONES: Readonly<Record<Tone, Pick<ChartLook, "fill" | "stroke" | "ground" | "text">>> = {
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

const LOOKS: Readonly<Record<string, ChartLook>> = {
  succeeded: look("succeeded", "succeeded", "none"),
  running: look("running", "running", "bar"),
  queued: look("queued", "queued", "hollow"),
  waiting: look("waiting", "queued", "hollow"),
  planned: look("planned", "idle", "hollow"),
  failed: look("failed", "failed", "cross"),
  died: look("died", "failed", "cross"),
  stopped: look("stopped", "paused", "bar"),
  cancelled: look("cancelled", "paused", "bar"),
  healthy: look("healthy", "succeeded", "none"),
  late: look("late", "late", "bar"),
  failing: look("failing", "failed", "cross"),
  paused: look("paused", "paused", "bar"),
  disabled: look("disabled", "paused", "bar"),
  neverRan: look("never ran", "idle", "hollow"),
};

/** The look of a status; one that is not known is drawn as idle. */
export function chartLook(status: string): ChartLook {
  return LOOKS[status] ?? look(status, "idle", "bar");
}

function look(word: string, tone: Tone, mark: ChartLook["mark"]): ChartLook {
  return { word, ...TONES[tone], mark };
}
