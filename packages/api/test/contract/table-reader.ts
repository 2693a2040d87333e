import { MillraceError } from "@millrace/core";
import type { TableColumn, TableReader } from "../../src/table-reader.ts";

/** The id of the only table. */
export const TABLE = "events";

/** A project with one table of one row: what reads real ones is a process of another package. */
export function tableReader(): TableReader {
  const columns: TableColumn[] = [
    { name: "id", type: "bigint", key: true, own: false },
    { name: "place", type: "text", key: false, own: false },
  ];
  const known = (table: string): void => {
    if (table === TABLE) return;
    throw new MillraceError("MLR_TABLE_NOT_FOUND", `There is no table "${table}"`);
  };
  return {
    tables: async () => ({
      tables: [
        {
          id: TABLE,
          table: TABLE,
          pipelines: ["quakes"],
          mode: "merge",
          location: "postgres",
          browsable: true,
          bytes: 8_192,
          estimatedRows: 1,
        },
      ],
      unreachable: [],
    }),
    rows: async (table) => {
      known(table);
      return { columns, rows: [["1", "Zürich"]], estimatedRows: 1 };
    },
    quarantine: async (table) => {
      known(table);
      return { rows: [] };
    },
    history: async (table) => {
      known(table);
      return [];
    },
    changes: async (table) => {
      known(table);
      return { changes: [], more: false };
    },
    reprocess: async (table) => {
      known(table);
      return { run: "01935e7c-0000-7000-8000-000000000001", pipeline: "quakes" };
    },
    state: async () => ({ checkpoints: {}, openEpochs: [] }),
    close: async () => undefined,
  };
}
