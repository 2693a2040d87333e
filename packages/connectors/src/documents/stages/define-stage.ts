import { MillraceError, parseOptions, type ReadContext } from "@millrace/core";
import { z } from "zod";
import { duration } from "../../shared/http/option-types.ts";
import type { DocumentFacts, StageDocument } from "../stage-document.ts";
import { STAGES } from "./stage-names.ts";

/** What a stage is lent while it works on one document. */
export interface StageContext extends Pick<
  ReadContext,
  "database" | "secret" | "log" | "directory" | "setting"
> {
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Aborted when the run is to stop, or the stage's time is over: end soon. */
  readonly signal: AbortSignal;
  /**
   * Does something for a page while no more than the set number of pages are worked on, over all documents.
   * @param megabytes of memory that it needs
   */
  page<T>(megabytes: number, work: () => Promise<T>): Promise<T>;
}

/** What a stage does: it may be done again, and gives what it found. */
export type StageFunction = (
  document: StageDocument,
  context: StageContext,
) => DocumentFacts | undefined | void | Promise<DocumentFacts | undefined | void>;

const stageOptions = z.strictObject({
  /** A stage of a name of its own comes behind this one. */
  after: z.string().min(1).optional(),
  /** Attempts where its error may pass. Default: those of `documents()`. */
  attempts: z.number().int().positive().optional(),
  /** How long one attempt may take. Default: as long as it likes. */
  timeout: duration.optional(),
});

/** Options of a stage. */
export type StageOptions = z.input<typeof stageOptions>;

/** A stage, made by `defineStage`. */
export interface Stage extends StageOptions {
  /** Such as `documents.invoice.extracted`; `*` stands for every type. */
  readonly topic: string;
  /** The type that it is for, or `*`. */
  readonly type: string;
  /** Name of the stage. */
  readonly name: string;
  readonly run: StageFunction;
}

const TOPIC = /^documents\.(\*|[A-Za-z0-9][\w-]*)\.([a-z][\w-]*)$/;

/**
 * A stage of documents: a function of the document that gives what it found. In place of the stage that there is by the name
 * in its topic, or with a name of its own behind the stage `after`; for documents of one type, or of all (`*`). It may be
 * done again after a crash, so it must not do twice what may only be done once.
 * Fails with MLR_ARGUMENT_INVALID or MLR_OPTION_UNKNOWN.
 * @example defineStage("documents.invoice.supplier", async ({ values }) => ({ notes: { supplier: await lookUp(values) } }), { after: "extracted" })
 */
export function defineStage(topic: string, run: StageFunction, options: StageOptions = {}): Stage {
  const [, type = "", name = ""] = TOPIC.exec(topic) ?? [];
  if (name === "") {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `"${topic}" is no topic of a stage`, {
      hint: 'Write "documents.<type>.<stage>", such as "documents.invoice.extracted" or "documents.*.text".',
    });
  }
  if (name === "received" || name === "landed" || name === "archived") {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `The stage "${name}" cannot be replaced`, {
      hint: "It is what keeps documents from being lost or landing twice. Put a stage of your own before or behind it.",
    });
  }
  const parsed = parseOptions(stageOptions, options, `defineStage("${topic}")`);
  const standard = (STAGES as readonly string[]).includes(name);
  if (standard === (parsed.after !== undefined)) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      standard ? `The stage "${name}" has its place` : `The stage "${name}" needs a place`,
      {
        hint: standard
          ? "Leave `after` away."
          : 'Say which stage it comes behind, such as { after: "extracted" }.',
      },
    );
  }
  return Object.freeze({ ...options, topic, type, name, run });
}
