import type { ReactNode } from "react";

/** A stage of a flow: one box, or several that stand side by side. */
export interface FlowStage {
  readonly id: string;
  /** What stands above the boxes, such as `Source`. */
  readonly heading: string;
  readonly boxes: readonly FlowBox[];
}

export interface FlowBox {
  readonly id: string;
  readonly title: string;
  readonly detail?: ReactNode;
  /** Wraps the title, for example in a link. */
  readonly link?: (title: ReactNode) => ReactNode;
  readonly tone?: "accent" | "plain" | "bad";
}

const TONES = {
  accent: "border-accent bg-accent-soft",
  plain: "border-line bg-surface",
  bad: "border-failed bg-failed-soft",
} as const;

/**
 * The way of the data from left to right, from top to bottom where it is narrow: a list in the order of the flow, so that
 * it reads the same without eyes.
 */
export function FlowDiagram(props: { readonly stages: readonly FlowStage[]; readonly label: string }) {
  return (
    <ol aria-label={props.label} className="flex flex-col gap-2 md:flex-row md:items-stretch md:gap-0">
      {props.stages.map((stage, index) => (
        <li key={stage.id} className="flex min-w-0 flex-col items-stretch md:flex-1 md:flex-row">
          {index > 0 && <Arrow />}
          <div className="flex min-w-0 flex-1 flex-col">
            <p className="mb-1.5 text-xs font-medium tracking-wide text-muted">{stage.heading}</p>
            <ul className="flex min-w-0 flex-1 flex-col justify-start gap-2">
              {stage.boxes.map((box) => (
                <li
                  key={box.id}
                  className={`min-w-0 rounded-md border px-3 py-2 ${TONES[box.tone ?? "plain"]}`}
                >
                  <div className="font-medium break-words" dir="auto">
                    {box.link === undefined ? box.title : box.link(box.title)}
                  </div>
                  {box.detail !== undefined && (
                    <div className="mt-0.5 text-xs break-words text-muted">{box.detail}</div>
                  )}
                </li>
              ))}
            </ul>
          </div>
        </li>
      ))}
    </ol>
  );
}

/** Points right, and down where the stages stand below each other. */
function Arrow() {
  return (
    <div
      aria-hidden="true"
      className="flex shrink-0 items-center justify-center self-center py-1 md:w-9 md:pt-6 md:pb-0"
    >
      <svg width="24" height="12" viewBox="0 0 24 12" className="rotate-90 text-line-strong md:rotate-0">
        <path d="M0 6h20m-5 -5l5 5l-5 5" fill="none" stroke="currentColor" strokeWidth="1.5" />
      </svg>
    </div>
  );
}
