import { createHash } from "node:crypto";
import { type Json, MillraceError } from "@millrace/core";

/** What is said of an object when it is put. */
export interface ObjectFacts {
  /** Its name, with `/` between parts. An object that is put under the same key later is another one; the former stays. */
  readonly key: string;
  /** What it is, for retention and for people: `download`, `response`, `document`, `screenshot`, `export`, or a word of yours. Default `object`. */
  readonly kind?: string;
  /** Such as `application/pdf`. */
  readonly contentType?: string;
  /** Where it came from: an address, or the path of a file. */
  readonly source?: string;
  /** The run that put it. */
  readonly run?: string;
  /** The pipeline that put it. */
  readonly pipeline?: string;
  /** The document that it belongs to. */
  readonly document?: string;
  /** Whatever else is to be known of it, such as the other columns of the row that it was. */
  readonly about?: Readonly<Record<string, Json>>;
}

/** An object of a storage. */
export interface StoredObject extends ObjectFacts {
  /** Names it for ever, and orders objects by time. */
  readonly id: string;
  readonly kind: string;
  /** Of its content, in hexadecimal: objects of the same content share it. */
  readonly sha256: string;
  /** Of the content, whatever it takes on the disk. */
  readonly bytes: number;
  /** When it became visible, ISO 8601. */
  readonly at: string;
}

/** An object whose content is there, and that nobody sees yet. */
export interface PendingObject extends ObjectFacts {
  /** Tells it apart from all others: twelve hexadecimal digits. */
  readonly token: string;
  readonly kind: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** The object that becomes visible now. */
export function visible(pending: PendingObject, nowMs: number): StoredObject {
  const { token, ...facts } = pending;
  const at = new Date(nowMs).toISOString();
  return { ...facts, id: `${at.replaceAll(/[-:.Z]/g, "")}-${token}`, at };
}

/** Where the record of an object is: the file that makes it visible. */
export function recordPath(id: string): string {
  return `records/${dayOf(id)}/${id}.json`;
}

/** `2026-11-22`: the day, in UTC, on which an object became visible. */
export function dayOf(id: string): string {
  return `${id.slice(0, 4)}-${id.slice(4, 6)}-${id.slice(6, 8)}`;
}

/** Whether a text has the form of an object's id. */
export function isObjectId(text: string): boolean {
  return /^\d{8}T\d{9}-[0-9a-f]{12}$/.test(text);
}

/** Where it stands which object of a key is the newest. */
export function keyPath(key: string): string {
  const digest = createHash("sha256").update(key).digest("hex");
  return `keys/${digest.slice(0, 2)}/${digest.slice(2, 42)}.json`;
}

/** A record as it was written. Fails with MLR_STORAGE_DAMAGED. */
export function parseRecord(text: string, path: string): StoredObject {
  let record: Partial<StoredObject> | null;
  try {
    record = JSON.parse(text) as Partial<StoredObject> | null;
  } catch (cause) {
    throw damagedRecord(path, cause);
  }
  const whole =
    typeof record?.id === "string" &&
    typeof record.key === "string" &&
    /^[0-9a-f]{64}$/.test(record.sha256 ?? "");
  if (!whole) throw damagedRecord(path);
  return record as StoredObject;
}

function damagedRecord(path: string, cause?: unknown): MillraceError {
  return new MillraceError("MLR_STORAGE_DAMAGED", `the record ${path} is none that Millrace has written`, {
    hint: "Restore the file from a backup, or delete it: the object that it tells of is not known then.",
    cause,
  });
}
