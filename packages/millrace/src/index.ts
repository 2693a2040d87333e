export {
  checkRow,
  checkTable,
  createTables,
  type Database,
  defineTable,
  defineTask,
  type EnqueuedJob,
  type EnqueueOptions,
  foreignKey,
  freshness,
  type Json,
  type Message,
  MillraceError,
  notNull,
  nullShare,
  oneOf,
  pattern,
  type Pipeline,
  type PipelineOptions,
  pipeline,
  type QualityRule,
  range,
  type ReadContext,
  type Row,
  secret,
  type SecretReference,
  schemaDrift,
  type Source,
  sqlCheck,
  statement,
  type Task,
  type TaskContext,
  type TaskOptions,
  type Transform,
  unique,
  volume,
  watch,
  watched,
  watchMethods,
  type WatchMethodsOptions,
} from "@millrace/core";
export {
  antiCaptcha,
  type CaptchaProvider,
  captchaSolver,
  type CaptchaTask,
  detectCaptcha,
  fillCaptcha,
} from "@millrace/connectors/captcha";
export { clickhouse, type ClickHouseOptions } from "@millrace/connectors/clickhouse";
export {
  type Collector,
  collector,
  type CollectorDefinition,
  type CollectorOptions,
  type Feed,
} from "@millrace/connectors/collector";
export * from "@millrace/connectors/crawl";
export * from "@millrace/connectors/documents";
export { type CsvOptions, csv, tsv } from "@millrace/connectors/csv";
export { database } from "@millrace/connectors/database";
export { type SqlOptions, sql } from "@millrace/connectors/duckdb";
export { exchange, type ExchangeOptions, exchanges, marketTables } from "@millrace/connectors/exchange";
export { replayServer } from "@millrace/connectors/exchange/replay";
export { type EntitiesOptions, entities, type Entity, findEntities } from "@millrace/connectors/entities";
export { excel } from "@millrace/connectors/excel";
export * as fields from "@millrace/connectors/fields";
export { chooseType, documentType, extractFields, readDocument } from "@millrace/connectors/fields";
export { type FilesOptions, files } from "@millrace/connectors/files";
export * from "@millrace/connectors/http";
export { json } from "@millrace/connectors/json";
export { jsonl } from "@millrace/connectors/jsonl";
export { mariadb, type MariadbOptions } from "@millrace/connectors/mariadb";
export { modbus, type ModbusOptions } from "@millrace/connectors/modbus";
export {
  mqtt,
  type MqttOptions,
  mqttPublish,
  type MqttPublishOptions,
  mqttReader,
  type MqttReaderOptions,
} from "@millrace/connectors/mqtt";
export { browse, type BrowseOptions, opcua, type OpcuaOptions } from "@millrace/connectors/opcua";
export { parquet } from "@millrace/connectors/parquet";
export { postgres } from "@millrace/connectors/postgres";
export { pushed, type PushedOptions } from "@millrace/connectors/pushed";
export { rows } from "@millrace/connectors/rows";
export {
  type Answer,
  createClient,
  download,
  proxyPool,
  recordTo,
  replayFrom,
  request,
  type RequestOptions,
  responseCache,
  session,
} from "@millrace/connectors/request";
export * from "@millrace/connectors/sampling";
export { singer, type SingerOptions } from "@millrace/connectors/singer";
export {
  type SoapCallOptions,
  type SoapOperation,
  type SoapOperationsOptions,
  type SoapOptions,
  soap,
  soapCall,
  soapOperations,
  usernameToken,
  x509,
} from "@millrace/connectors/soap";
export { sqlserver, type SqlServerOptions } from "@millrace/connectors/sqlserver";
export {
  downloadAll,
  objects,
  type ObjectsOptions,
  objectStore,
  type OpenedObject,
  type StoreOptions,
  stored,
  type StoredOptions,
} from "@millrace/connectors/storage";
export * from "@millrace/connectors/transforms";
export { xml, type XmlOptions } from "@millrace/connectors/xml";
export { cron, every, type EveryOptions, type ScheduleOptions } from "@millrace/orchestrator/schedule";
export {
  type Channel,
  type ChannelFunction,
  email,
  type EmailOptions,
  type NotificationMessage,
  type NotificationsOptions,
  slack,
  type SlackOptions,
  teams,
  type TeamsOptions,
  telegram,
  type TelegramOptions,
  webhook,
  type WebhookOptions,
} from "@millrace/platform/notify";
export { connectTasks, type TaskConnection } from "@millrace/orchestrator/tasks";
export { logTo } from "@millrace/platform/logs";
export type { SecretProvider, SecretProviderChoice } from "@millrace/platform";
export { defineConfig, type ProjectConfig } from "./project/config.ts";
export { type Codebook, type CodebookOptions, codebook } from "./codebook/codebook.ts";
export * from "@millrace/connectors/ocr";
export { pdf, type PdfOptions } from "@millrace/connectors/pdf";
