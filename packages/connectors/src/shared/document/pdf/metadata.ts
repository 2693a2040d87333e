import type { PDFDocumentProxy } from "pdfjs-dist";

/** Names under which PDFs keep what they say of themselves, and ours. */
const NAMES: Readonly<Record<string, string>> = {
  Title: "title",
  Author: "author",
  Subject: "subject",
  Keywords: "keywords",
  Creator: "creator",
  Producer: "producer",
  CreationDate: "created",
  ModDate: "modified",
  PDFFormatVersion: "version",
};

/** What a document says of itself, and the fields of its form as `form.<name>`. */
export async function readMetadata(document: PDFDocumentProxy): Promise<Record<string, string>> {
  const metadata: Record<string, string> = {};
  const { info } = await document.getMetadata();
  for (const [key, value] of Object.entries(info as Record<string, unknown>)) {
    const name = NAMES[key];
    if (name === undefined || typeof value !== "string" || value === "") continue;
    metadata[name] = name === "created" || name === "modified" ? isoDate(value) : value;
  }
  for (const [name, fields] of entriesOf(await document.getFieldObjects())) {
    const value = formValue(fields);
    if (value !== undefined) metadata[`form.${name}`] = value;
  }
  return metadata;
}

function entriesOf(fields: unknown): readonly (readonly [string, unknown])[] {
  if (fields instanceof Map) return [...(fields as Map<string, unknown>)];
  return typeof fields === "object" && fields !== null ? Object.entries(fields) : [];
}

/** The first value of the fields that share a name; a box that is not ticked is `Off`. */
function formValue(fields: unknown): string | undefined {
  if (!Array.isArray(fields)) return undefined;
  for (const field of fields as readonly { value?: unknown; type?: unknown }[]) {
    const { value } = field;
    if (Array.isArray(value)) return value.join(", ");
    if (typeof value === "string" && field.type !== "button" && value !== "") return value;
  }
  return undefined;
}

/** `D:20260131120000+01'00'` as ISO 8601; what is no such date stays as it is. */
function isoDate(text: string): string {
  const match = /^D?:?(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\d{2})?(?:(Z)|([+-]\d{2})'?(\d{2})?'?)?/.exec(
    text,
  );
  if (match === null) return text;
  const [, year, month = "01", day = "01", hour = "00", minute = "00", second = "00", zulu, hours, minutes] =
    match;
  const zone = zulu ?? (hours === undefined ? "" : `${hours}:${minutes ?? "00"}`);
  return `${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`;
}
