import type { LogRecord } from "../log-record.ts";
import type { LogRedactor } from "../log-redactor.ts";

/** The record without secret values; the record itself where it has none. */
export function redactRecord(record: LogRecord, redactor: LogRedactor): LogRecord {
  const message = redactor.text(record.message);
  const fields = redactor.value(record.fields);
  if (message === record.message && fields === record.fields) return record;
  return { ...record, message, ...(fields === undefined ? {} : { fields }) };
}
