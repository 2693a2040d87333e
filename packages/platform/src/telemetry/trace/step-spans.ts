import { randomBytes } from "node:crypto";
import type { StepFacts, StepKind, StepListener } from "@millrace/core";
import type { SpanRecord } from "./span-record.ts";
import type { Attributes, SpanName } from "./span-spec.ts";
import { StepBudget } from "./step-budget.ts";
import { attributeText, databaseSystem, spanError } from "./trace-facts.ts";
import type { SpanPlace } from "./trace-ids.ts";

/** A step that took so long is a span of its own in any case. */
const SLOW_MS = 1_000;

/** A step that goes on. */
export interface OpenSpan {
  readonly span: SpanName;
  readonly startMs: number;
  readonly parentId: string;
  /** It is to be a span of its own. */
  readonly own: boolean;
  /** Given when somebody asks for it first: steps that become no span need none. */
  id?: string;
}

/** How a step ended. */
export interface SpanOutcome {
  readonly attributes: Attributes;
  readonly title?: string;
  readonly rows?: number;
  readonly error?: SpanRecord["error"];
}

export interface StepSpansOptions {
  readonly add: (record: SpanRecord) => void;
  /** The span above all others. */
  readonly root: SpanPlace;
  /** Milliseconds since 1970, with fractions, which never go back. */
  readonly now: () => number;
}

/** Makes spans of the steps of one run: those of a name that come too fast are merged into some. */
export class StepSpans {
  readonly #o: StepSpansOptions;
  readonly #budgets = new Map<SpanName, StepBudget>();
  #attempt: OpenSpan | undefined;
  #commit: OpenSpan | undefined;
  #read: OpenSpan | undefined;

  constructor(options: StepSpansOptions) {
    this.#o = options;
  }

  /** For core's `steps`. */
  readonly listen: StepListener = (kind, begun) => {
    const open = this.begin(kind, this.#above(kind));
    if (kind === "attempt") this.#attempt = open;
    else if (kind === "commit") this.#commit = open;
    else if (kind === "read") this.#read = open;
    return (more) => {
      if (kind === "commit") this.#commit = undefined;
      else if (kind === "read") this.#read = undefined;
      const facts = { ...begun, ...more };
      if (isEmptyReading(kind, facts) && open.id === undefined) this.#nothing(open);
      else this.end(open, outcomeOf(kind, facts));
      if (kind === "attempt") this.#attempt = undefined;
    };
  };

  /** Id of the span that a statement belongs to. */
  get attemptId(): string {
    return this.#attempt === undefined ? this.#o.root.spanId : idOf(this.#attempt);
  }

  /** Id of the span that a request belongs to: of the reading that goes on, where there is one. */
  get readingId(): string {
    return this.#read?.own === true ? idOf(this.#read) : this.attemptId;
  }

  begin(span: SpanName, parentId: string): OpenSpan {
    return { span, startMs: this.#o.now(), parentId, own: span === "attempt" || this.#budget(span).take() };
  }

  end(open: OpenSpan, outcome: SpanOutcome, endMs: number = this.#o.now()): void {
    const { span, startMs, own } = open;
    const budget = this.#budget(span);
    if (!own && endMs - startMs < SLOW_MS && outcome.error === undefined) {
      budget.merge(startMs, endMs, outcome.rows ?? 0);
      return;
    }
    const merged = budget.takeMerged();
    this.#o.add({
      span,
      ...(outcome.title === undefined ? {} : { title: outcome.title }),
      place: { ...this.#o.root, spanId: idOf(open) },
      parentId: open.parentId,
      startMs,
      endMs,
      attributes: { ...outcome.attributes, ...(merged === undefined ? {} : mergedAttributes(merged)) },
      error: outcome.error,
    });
  }

  /** Tells of what is merged and still untold. */
  close(): void {
    for (const [span, budget] of this.#budgets) {
      const merged = budget.takeMerged();
      if (merged === undefined) continue;
      const { startMs, endMs } = merged;
      const place = { ...this.#o.root, spanId: newSpanId() };
      const attributes = mergedAttributes(merged);
      this.#o.add({ span, place, parentId: this.#o.root.spanId, startMs, endMs, attributes });
    }
  }

  #above(kind: StepKind): string {
    if (kind === "attempt") return this.#o.root.spanId;
    if (kind === "quality" && this.#commit?.own === true) return idOf(this.#commit);
    return this.attemptId;
  }

  #nothing(open: OpenSpan): void {
    if (open.own) this.#budget(open.span).giveBack();
  }

  #budget(span: SpanName): StepBudget {
    let budget = this.#budgets.get(span);
    if (budget === undefined) this.#budgets.set(span, (budget = new StepBudget(this.#o.now)));
    return budget;
  }
}

/** A new span's id. */
export function newSpanId(): string {
  return randomBytes(8).toString("hex");
}

function idOf(open: OpenSpan): string {
  return (open.id ??= newSpanId());
}

/** A message without rows, or the end of the source. */
function isEmptyReading(kind: StepKind, { stream, error }: StepFacts): boolean {
  return kind === "read" && stream === undefined && error === undefined;
}

function mergedAttributes(merged: { count: number; durationMs: number; rows: number }): Attributes {
  return {
    "millrace.merged.count": merged.count,
    "millrace.merged.duration_ms": merged.durationMs,
    "millrace.merged.rows": merged.rows,
  };
}

function outcomeOf(kind: StepKind, facts: StepFacts): SpanOutcome {
  const error = facts.error === undefined ? undefined : spanError(facts.error);
  return { attributes: attributesOf(kind, facts), rows: facts.rows ?? 0, error };
}

function attributesOf(kind: StepKind, facts: StepFacts): Attributes {
  const system = databaseSystem(facts.destination);
  const text = (value: string | undefined): string | undefined =>
    value === undefined ? undefined : attributeText(value);
  switch (kind) {
    case "attempt":
      return known({ "millrace.attempt": facts.attempt });
    case "open":
      return known({ "db.system.name": system });
    case "read":
      return known({
        "millrace.stream": text(facts.stream),
        "millrace.slice": text(facts.slice),
        "millrace.from": text(facts.from),
        "millrace.rows": facts.rows,
      });
    case "transform":
      return known({
        "millrace.transform": text(facts.transform),
        "millrace.stream": text(facts.stream),
        "millrace.rows": facts.rows,
        "millrace.rows_out": facts.rowsOut,
      });
    case "write":
      return known({
        "db.system.name": system,
        "millrace.stream": text(facts.stream),
        "millrace.slice": text(facts.slice),
        "millrace.rows": facts.rows,
      });
    case "commit":
      return known({
        "db.system.name": system,
        "millrace.commit": facts.commit === undefined ? undefined : Number(facts.commit),
        "millrace.final": facts.final,
      });
    case "quality":
      return {};
  }
}

/** Without what is not known. */
export function known(attributes: { [A in keyof Attributes]: Attributes[A] | undefined }): Attributes {
  const entries = Object.entries(attributes).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries);
}
