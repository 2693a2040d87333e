// Generated from the folders of packages/connectors/src by `npm run generate`.

/** A function that makes a source, a transform, a destination, or a reader or writer of sampling, and where it is imported from. */
export interface ConnectorEntry {
  readonly name: string;
  readonly kind: "source" | "transform" | "destination" | "reader" | "writer";
  readonly path: string;
}

/** Every connector of this package, by folder and name. */
export const CONNECTORS: readonly ConnectorEntry[] = [
  { name: "clickhouse", kind: "destination", path: "@millrace/connectors/clickhouse" },
  { name: "collector", kind: "source", path: "@millrace/connectors/collector" },
  { name: "crawl", kind: "source", path: "@millrace/connectors/crawl" },
  { name: "csv", kind: "source", path: "@millrace/connectors/csv" },
  { name: "tsv", kind: "source", path: "@millrace/connectors/csv" },
  { name: "database", kind: "source", path: "@millrace/connectors/database" },
  { name: "documents", kind: "source", path: "@millrace/connectors/documents" },
  { name: "sql", kind: "transform", path: "@millrace/connectors/duckdb" },
  { name: "entities", kind: "transform", path: "@millrace/connectors/entities" },
  { name: "excel", kind: "source", path: "@millrace/connectors/excel" },
  { name: "exchange", kind: "source", path: "@millrace/connectors/exchange" },
  { name: "files", kind: "destination", path: "@millrace/connectors/files" },
  { name: "http", kind: "source", path: "@millrace/connectors/http" },
  { name: "json", kind: "source", path: "@millrace/connectors/json" },
  { name: "jsonl", kind: "source", path: "@millrace/connectors/jsonl" },
  { name: "mariadb", kind: "destination", path: "@millrace/connectors/mariadb" },
  { name: "modbus", kind: "reader", path: "@millrace/connectors/modbus" },
  { name: "mqtt", kind: "source", path: "@millrace/connectors/mqtt" },
  { name: "mqttPublish", kind: "writer", path: "@millrace/connectors/mqtt" },
  { name: "mqttReader", kind: "reader", path: "@millrace/connectors/mqtt" },
  { name: "opcua", kind: "reader", path: "@millrace/connectors/opcua" },
  { name: "parquet", kind: "source", path: "@millrace/connectors/parquet" },
  { name: "pdf", kind: "source", path: "@millrace/connectors/pdf" },
  { name: "postgres", kind: "destination", path: "@millrace/connectors/postgres" },
  { name: "pushed", kind: "source", path: "@millrace/connectors/pushed" },
  { name: "rows", kind: "source", path: "@millrace/connectors/rows" },
  { name: "callback", kind: "writer", path: "@millrace/connectors/sampling" },
  { name: "csvFile", kind: "writer", path: "@millrace/connectors/sampling" },
  { name: "httpReader", kind: "reader", path: "@millrace/connectors/sampling" },
  { name: "inThread", kind: "reader", path: "@millrace/connectors/sampling" },
  { name: "logWriter", kind: "writer", path: "@millrace/connectors/sampling" },
  { name: "sampling", kind: "source", path: "@millrace/connectors/sampling" },
  { name: "simulator", kind: "reader", path: "@millrace/connectors/sampling" },
  { name: "sqlReader", kind: "reader", path: "@millrace/connectors/sampling" },
  { name: "singer", kind: "source", path: "@millrace/connectors/singer" },
  { name: "soap", kind: "source", path: "@millrace/connectors/soap" },
  { name: "sqlserver", kind: "destination", path: "@millrace/connectors/sqlserver" },
  { name: "cast", kind: "transform", path: "@millrace/connectors/transforms" },
  { name: "check", kind: "transform", path: "@millrace/connectors/transforms" },
  { name: "dedupe", kind: "transform", path: "@millrace/connectors/transforms" },
  { name: "derive", kind: "transform", path: "@millrace/connectors/transforms" },
  { name: "filter", kind: "transform", path: "@millrace/connectors/transforms" },
  { name: "flatten", kind: "transform", path: "@millrace/connectors/transforms" },
  { name: "lookup", kind: "transform", path: "@millrace/connectors/transforms" },
  { name: "map", kind: "transform", path: "@millrace/connectors/transforms" },
  { name: "mapBatch", kind: "transform", path: "@millrace/connectors/transforms" },
  { name: "on", kind: "transform", path: "@millrace/connectors/transforms" },
  { name: "parallel", kind: "transform", path: "@millrace/connectors/transforms" },
  { name: "pick", kind: "transform", path: "@millrace/connectors/transforms" },
  { name: "rename", kind: "transform", path: "@millrace/connectors/transforms" },
  { name: "unnest", kind: "transform", path: "@millrace/connectors/transforms" },
  { name: "xml", kind: "source", path: "@millrace/connectors/xml" },
];
