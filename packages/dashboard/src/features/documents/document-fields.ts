import type { Answer } from "../../api/get-query.ts";

/** A document as the API tells it. */
export type DocumentDetail = Answer<"/api/v1/documents/{id}">;
/** A value of a field, as it is shown and corrected. */
export type FieldText = string | null;

/** A box on a page around a value. */
export interface Place {
  readonly page: number;
  readonly box: { readonly x0: number; readonly y0: number; readonly x1: number; readonly y1: number };
  readonly raw: string;
}

/** What was read of a document, or put in its place. */
export interface DocumentFields {
  readonly values: Readonly<Record<string, FieldText>>;
  readonly lines: Readonly<Record<string, readonly Readonly<Record<string, FieldText>>[]>>;
  readonly problems: readonly { readonly field?: string; readonly message: string }[];
  readonly places: Readonly<Record<string, Place>>;
  readonly fieldConfidence: Readonly<Record<string, number>>;
}

/** Fields as they are told, whatever a stage of somebody's own has put into them. */
export function fieldsOf({ fields }: Pick<DocumentDetail, "fields">): DocumentFields {
  const { values, lines, problems, places, fieldConfidence } = (fields ?? {}) as Partial<
    Record<string, object>
  >;
  return {
    values: texts(values),
    lines: Object.fromEntries(
      Object.entries((lines ?? {}) as Record<string, readonly object[]>).map(([name, rows]) => [
        name,
        rows.map(texts),
      ]),
    ),
    problems: (problems ?? []) as DocumentFields["problems"],
    places: (places ?? {}) as DocumentFields["places"],
    fieldConfidence: (fieldConfidence ?? {}) as DocumentFields["fieldConfidence"],
  };
}

function texts(values: object | undefined): Record<string, FieldText> {
  return Object.fromEntries(
    Object.entries(values ?? {}).map(([name, value]) => [name, textOf(value as unknown)]),
  );
}

function textOf(value: unknown): FieldText {
  if (value === null || value === undefined) return null;
  return typeof value === "string" ? value : JSON.stringify(value);
}
