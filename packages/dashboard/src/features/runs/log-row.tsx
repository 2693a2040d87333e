import type { ReactNode } from "react";
import { classNames } from "../../components/class-names.ts";
import { valueText } from "../../components/diff-value.tsx";
import { formatAbsolute, formatClock } from "../../format/format-time.ts";
import type { ShownLine } from "./use-log.ts";

interface LogRowProps {
  readonly line: ShownLine;
  readonly search: string | undefined;
  readonly open: boolean;
  readonly onToggle: () => void;
}

const LEVELS: Readonly<Record<string, string>> = {
  trace: "text-faint",
  debug: "text-faint",
  info: "text-running",
  warn: "text-late",
  error: "text-failed",
  fatal: "text-failed",
};

/** One line of a log; pressing it shows its fields. */
export function LogRow({ line, search, open, onToggle }: LogRowProps): ReactNode {
  const at = Date.parse(line.at);
  const bad = line.level === "error" || line.level === "fatal";
  return (
    <div
      className={classNames(
        "border-b border-line/60 font-mono text-xs leading-5",
        bad ? "bg-failed-soft" : "hover:bg-hover",
      )}
    >
      <button
        type="button"
        aria-expanded={open}
        onClick={onToggle}
        className="flex w-full flex-wrap gap-x-3 px-4 py-0.5 text-left sm:flex-nowrap focus-visible:-outline-offset-2"
      >
        <time dateTime={line.at} title={formatAbsolute(at)} className="shrink-0 text-muted">
          {formatClock(at, { ms: true })}
        </time>
        <span className={classNames("w-10 shrink-0 font-semibold", LEVELS[line.level])}>{line.level}</span>
        <span className="min-w-0 flex-1 basis-full break-words whitespace-pre-wrap sm:basis-0" dir="auto">
          <Marked text={line.message} search={search} />
          {line.fields !== null && !open && <span className="text-muted"> {summary(line.fields)}</span>}
        </span>
      </button>
      {open && <Fields line={line} />}
    </div>
  );
}

function Fields({ line }: { readonly line: ShownLine }): ReactNode {
  const facts: [string, unknown][] = [
    ["at", formatAbsolute(Date.parse(line.at))],
    ["logger", line.logger],
    ["stream", line.stream],
    ["attempt", line.attempt],
    ...Object.entries(line.fields ?? {}),
  ];
  return (
    <dl className="grid grid-cols-[minmax(5rem,auto)_minmax(0,1fr)] gap-x-4 px-4 pt-1 pb-2 sm:ml-36">
      {facts
        .filter(([, value]) => value !== null && value !== undefined)
        .map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-muted">{name}</dt>
            <dd className="break-words whitespace-pre-wrap" dir="auto">
              {valueText(value)}
            </dd>
          </div>
        ))}
    </dl>
  );
}

const SUMMARY = 160;

function summary(fields: Readonly<Record<string, unknown>>): string {
  const text = Object.entries(fields)
    .map(([name, value]) => `${name}=${valueText(value)}`)
    .join(" ");
  return text.length > SUMMARY ? `${text.slice(0, SUMMARY)}…` : text;
}

/** Marks what was searched for. */
function Marked({ text, search }: { readonly text: string; readonly search: string | undefined }): ReactNode {
  const at = search === undefined || search === "" ? -1 : text.toLowerCase().indexOf(search.toLowerCase());
  if (at === -1 || search === undefined) return text;
  const end = at + search.length;
  return (
    <>
      {text.slice(0, at)}
      <mark className="rounded-sm bg-late-soft text-ink">{text.slice(at, end)}</mark>
      {text.slice(end)}
    </>
  );
}
