export { type Json, type Message, MillraceError, type Pipeline, pipeline } from "@millrace/core";
export { type ReadContext, type Row, type Source, type Transform } from "@millrace/core";
export { csv, tsv } from "@millrace/connectors/csv";
export { json } from "@millrace/connectors/json";
export { jsonl } from "@millrace/connectors/jsonl";
export { parquet } from "@millrace/connectors/parquet";
export { rows } from "@millrace/connectors/rows";
export * from "@millrace/connectors/transforms";
export { defineConfig, type ProjectConfig } from "./project/config.ts";
