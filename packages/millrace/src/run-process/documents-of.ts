import type { DocumentLedger } from "@millrace/core";
import { documentLedger } from "@millrace/platform";

type Pool = Parameters<typeof documentLedger>[0];

/** The ledger of a pipeline's documents, connected when a source first uses it: most have no documents. */
export function documentsOf(pipeline: string, connect: () => Promise<Pool>): DocumentLedger {
  const ledger = async (): Promise<DocumentLedger> => documentLedger(await connect(), pipeline);
  return {
    tell: async (news) => (await ledger()).tell(news),
    show: async (document, pages) => (await ledger()).show(document, pages),
    decisions: async () => (await ledger()).decisions(),
    answer: async (outcomes) => (await ledger()).answer(outcomes),
  };
}
