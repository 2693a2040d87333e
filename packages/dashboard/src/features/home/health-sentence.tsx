import { Link } from "@tanstack/react-router";
import { useEffect, type ReactNode } from "react";
import type { Answer } from "../../api/get-query.ts";
import { classNames } from "../../components/class-names.ts";
import { statusLook, TONE_TEXT } from "../../components/status.tsx";
import { formatCount } from "../../format/format-count.ts";

type Overview = Answer<"/api/v1/overview">;

const COUNTS = [
  { key: "healthy", state: "healthy" },
  { key: "failing", state: "failing" },
  { key: "late", state: "late" },
  { key: "running", state: "running" },
  { key: "queued", state: "queued" },
  { key: "paused", state: "paused" },
  { key: "disabled", state: "disabled" },
  { key: "neverRan", state: "neverRan" },
] as const;

/** How all pipelines do in one sentence, and in counts of which each leads to its pipelines. */
export function HealthSentence({ overview }: { readonly overview: Overview }): ReactNode {
  useEffect(() => {
    const bad = overview.failing + overview.late;
    document.title = bad === 0 ? "Home · Millrace" : `(${bad}) Home · Millrace`;
  }, [overview.failing, overview.late]);
  return (
    <header className="mb-4">
      <h1 className="text-xl font-semibold tracking-tight text-balance sm:text-2xl">{overview.sentence}</h1>
      <ul className="mt-3 flex flex-wrap gap-2">
        {COUNTS.map(({ key, state }) => (
          <li key={key}>
            <CountLink state={state} count={overview[key]} />
          </li>
        ))}
      </ul>
    </header>
  );
}

/** The list of pipelines does not know which are late: those stand on this page. */
function CountLink({
  state,
  count,
}: {
  readonly state: (typeof COUNTS)[number]["state"];
  readonly count: number;
}): ReactNode {
  const { icon: Icon, label, tone } = statusLook(state);
  const className = classNames(
    "inline-flex h-8 items-center gap-1.5 rounded-full border border-line bg-surface px-3 text-sm hover:bg-hover",
    count === 0 ? "text-muted" : "text-ink",
  );
  const content = (
    <>
      <Icon aria-hidden className={classNames("size-4", count > 0 && TONE_TEXT[tone])} />
      <span className="font-semibold">{formatCount(count)}</span>
      {label.toLowerCase()}
    </>
  );
  if (state === "late") {
    return (
      <Link to="/" hash="freshness" className={className}>
        {content}
      </Link>
    );
  }
  return (
    <Link to="/pipelines" search={{ state }} className={className}>
      {content}
    </Link>
  );
}
