/** Headers of an answer by lower-case name. */
export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** A whole answer. */
export interface WholeAnswer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** Decompressed. */
  readonly body: Buffer;
  /** The address that answered, behind redirects. */
  readonly url: URL;
  /** Bytes that came over the network. */
  readonly transferred: number;
}

/** A header that comes once; the first where there are several. */
export function headerOf(headers: AnswerHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" ? value : value?.[0];
}
