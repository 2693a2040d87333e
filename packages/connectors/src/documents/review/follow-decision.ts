import type { DecisionOutcome, DocumentDecision, DocumentState } from "@millrace/core";
import { fieldsText } from "../stages/work.ts";
import type { StageOrder } from "../stages/stage-order.ts";
import type { DocumentFacts } from "../stage-document.ts";
import type { DocumentStore, StageEnd } from "../store/store.ts";
import type { StoredDocument } from "../store/stored-document.ts";

/** Follows what a person decided, once: a decision that comes again changes nothing. */
export function followDecision(
  decision: DocumentDecision,
  { store, order, now }: { readonly store: DocumentStore; readonly order: StageOrder; readonly now: number },
): DecisionOutcome {
  const before = store.decided(decision.id);
  if (before !== undefined) return outcome(decision.id, before);
  const document = store.get(decision.document);
  const refused =
    document === undefined ? "the document is not known here" : refusal(decision, document, order);
  if (document === undefined || refused !== undefined) {
    store.decide(decision.id, refused ?? null, undefined, []);
    return outcome(decision.id, refused ?? null);
  }
  const common = { id: document.id, at: now, ms: 0, attempt: 1, message: `by ${decision.by}` };
  const fresh = { attempts: 0, due: 0, code: null, message: null, position: null };
  const again = document.state === "done" ? { again: 1 } : {};
  if (decision.kind === "reject") {
    const end: StageEnd = {
      ...common,
      stage: "checked",
      outcome: "rejected",
      now: { ...fresh, state: "rejected", stage: "checked", message: `rejected by ${decision.by}` },
    };
    store.decide(decision.id, null, end, []);
  } else if (decision.kind === "accept") {
    const facts = acceptedFacts(decision, store.facts(document.id, order.before("landed")));
    const corrected = decision.values !== undefined || decision.lines !== undefined;
    const end: StageEnd = {
      ...common,
      stage: "accepted",
      outcome: corrected ? "corrected" : "accepted",
      facts,
      now: {
        ...fresh,
        ...again,
        state: "waiting",
        stage: order.next("checked"),
        accepted: 1,
        confidence: 1,
        fields: fieldsText({ ...store.facts(document.id, order.before("landed")), ...facts }),
      },
    };
    store.decide(decision.id, null, end, []);
  } else {
    const stage = stageFor(decision, document, { store, order });
    const end: StageEnd = {
      ...common,
      stage,
      outcome: "reprocess",
      now: { ...fresh, ...again, state: "waiting", stage, accepted: 0, shown: 0 },
    };
    // What it landed with is kept: streams that give nothing any more are to be emptied.
    store.decide(decision.id, null, end, [
      ...order.from(stage).filter((name) => name !== "landed"),
      "accepted",
    ]);
  }
  return { id: decision.id };
}

const ALLOWED: Readonly<Record<DocumentDecision["kind"], readonly DocumentState[]>> = {
  accept: ["review", "done"],
  reject: ["review"],
  reprocess: ["review", "done", "failed", "duplicate", "rejected"],
};

function refusal(
  decision: DocumentDecision,
  document: StoredDocument,
  order: StageOrder,
): string | undefined {
  if (!ALLOWED[decision.kind].includes(document.state)) {
    return `it is ${document.state}: ${decision.kind} is for documents that are ${ALLOWED[decision.kind].join(", ")}`;
  }
  const { stage } = decision;
  if (stage === undefined) return undefined;
  if (order.names.includes(stage) && stage !== "archived") return undefined;
  return `there is no stage "${stage}"; there are ${order.names.slice(0, -1).join(", ")}`;
}

/** The wanted stage, or where what the ones before it found is not kept any more the first one. */
function stageFor(
  { stage }: DocumentDecision,
  document: StoredDocument,
  { store, order }: { readonly store: DocumentStore; readonly order: StageOrder },
): string {
  const first = document.state === "failed" ? document.stage : "classified";
  const wanted = order.known(stage ?? first);
  if (document.sha256 === null) return "received";
  const kept = store.outputs(document.id).size > 0;
  return kept || order.before(wanted).every((name) => name === "received") ? wanted : "classified";
}

function acceptedFacts({ values, lines }: DocumentDecision, before: DocumentFacts): DocumentFacts {
  return {
    confidence: 1,
    problems: [],
    ...(values === undefined ? {} : { values: { ...before.values, ...values } }),
    ...(lines === undefined ? {} : { lines: { ...before.lines, ...lines } }),
  };
}

function outcome(id: string, refused: string | null): DecisionOutcome {
  return refused === null ? { id } : { id, refused };
}
