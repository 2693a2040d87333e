import type {
  DecisionOutcome,
  DocumentDecision,
  DocumentLedger,
  DocumentPage,
  DocumentRecord,
  DocumentTransition,
} from "@millrace/core";

/** A ledger in memory, for sources that are read without a control database. */
export interface MemoryLedger extends DocumentLedger {
  readonly documents: Map<string, DocumentRecord>;
  readonly transitions: Map<number, DocumentTransition>;
  readonly pages: Map<string, readonly DocumentPage[]>;
  readonly outcomes: DecisionOutcome[];
  /** The document of this name. Fails where there is none, or more than one. */
  named(name: string): DocumentRecord;
  /** Stages and outcomes of the document of this name, such as `received done`. */
  story(name: string): string[];
  decide(decision: DocumentDecision): void;
}

export function memoryLedger(): MemoryLedger {
  const documents = new Map<string, DocumentRecord>();
  const transitions = new Map<number, DocumentTransition>();
  const pages = new Map<string, readonly DocumentPage[]>();
  const outcomes: DecisionOutcome[] = [];
  let open: DocumentDecision[] = [];
  const named = (name: string): DocumentRecord => {
    const found = [...documents.values()].filter((each) => each.name === name);
    const [document] = found;
    if (document === undefined || found.length > 1)
      throw new Error(`${found.length} documents named ${name}`);
    return document;
  };
  return {
    documents,
    transitions,
    pages,
    outcomes,
    named,
    story: (name) => {
      const { id } = named(name);
      return [...transitions.values()]
        .filter(({ document }) => document === id)
        .toSorted((a, b) => a.number - b.number)
        .map(({ stage, outcome }) => `${stage} ${outcome}`);
    },
    decide: (decision) => void open.push(decision),
    tell: ({ documents: told, transitions: happened }) => {
      for (const each of told) documents.set(each.id, each);
      for (const each of happened) transitions.set(each.number, each);
      return Promise.resolve();
    },
    show: (document, shown) => {
      pages.set(document, shown);
      return Promise.resolve();
    },
    decisions: () => Promise.resolve(open),
    answer: (given) => {
      outcomes.push(...given);
      const answered = new Set(given.map(({ id }) => id));
      open = open.filter(({ id }) => !answered.has(id));
      return Promise.resolve();
    },
  };
}
