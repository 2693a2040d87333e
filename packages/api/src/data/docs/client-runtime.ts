/** What every generated client has behind the types of its tables. */
export const CLIENT_RUNTIME = `/** Comparisons: \`{ "price.gte": 10, "tag.in": ["a", "b"], "note.null": true }\`. */
export type Where = Readonly<Record<string, string | number | boolean | readonly (string | number)[]>>;

/** What is asked for. */
export interface Query<Row> {
  readonly where?: Where;
  readonly select?: readonly (keyof Row & string)[];
  /** Such as \`["price.desc", "id"]\`. */
  readonly order?: readonly string[];
  /** Rows of a page. */
  readonly limit?: number;
  /** The table as it was at this time. */
  readonly asOf?: string;
  /** bigint and numeric as text, so that no digit is lost. */
  readonly numbers?: "number" | "string";
}

/** A page of rows. */
export interface Page<Row> {
  readonly items: readonly Row[];
  /** Cursor of the next page; null on the last one. */
  readonly next: string | null;
}

/** What happened to a row. */
export interface Change<Row> {
  readonly operation: "inserted" | "updated" | "removed";
  readonly at: string;
  readonly fields: readonly string[] | null;
  readonly row: Row;
}

/** An answer that is not a success. */
export class DataError extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string | null;

  constructor(status: number, answer: { readonly code: string; readonly message: string; readonly hint: string | null }) {
    super(answer.message);
    this.name = "DataError";
    this.status = status;
    this.code = answer.code;
    this.hint = answer.hint;
  }
}

/** Reads exposed tables. */
export class DataClient {
  readonly #url: string;
  readonly #key: string | undefined;

  /** @param url where the data API is, such as \`http://localhost:8092\` */
  constructor(url: string, key?: string) {
    this.#url = url.replace(/\\/$/, "");
    this.#key = key;
  }

  /** One page of rows. */
  page<T extends keyof Tables & string>(
    table: T,
    query: Query<Tables[T]> & { readonly after?: string } = {},
  ): Promise<Page<Tables[T]>> {
    return this.#get(\`/data/\${encodeURIComponent(table)}?\${searchOf(query)}\`);
  }

  /** All rows, page by page. */
  async *rows<T extends keyof Tables & string>(table: T, query: Query<Tables[T]> = {}): AsyncGenerator<Tables[T]> {
    let after: string | null = null;
    do {
      const page: Page<Tables[T]> = await this.page(table, after === null ? query : { ...query, after });
      yield* page.items;
      after = page.next;
    } while (after !== null);
  }

  /** The row with this key: the values of its columns in their order. */
  row<T extends keyof Tables & string>(table: T, ...key: readonly (string | number)[]): Promise<Tables[T]> {
    return this.#get(\`/data/\${encodeURIComponent(table)}/\${encodeURIComponent(listOf(key))}\`);
  }

  /** What happened since a time, or \`next\` of the answer before. */
  changes<T extends keyof Tables & string>(
    table: T,
    since?: string,
  ): Promise<{ readonly items: readonly Change<Tables[T]>[]; readonly next: string | null; readonly more: boolean }> {
    return this.#get(\`/data/\${encodeURIComponent(table)}/changes\${since === undefined ? "" : \`?since=\${encodeURIComponent(since)}\`}\`);
  }

  async #get<A>(path: string): Promise<A> {
    const headers: Record<string, string> = { accept: "application/json" };
    if (this.#key !== undefined) headers["authorization"] = \`Bearer \${this.#key}\`;
    const answer = await fetch(this.#url + path, { headers });
    const body: unknown = await answer.json();
    if (!answer.ok) throw new DataError(answer.status, body as ConstructorParameters<typeof DataError>[1]);
    return body as A;
  }
}

function searchOf({ where = {}, select, order, ...rest }: Query<never> & { readonly after?: string }): URLSearchParams {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(where)) search.set(name, Array.isArray(value) ? listOf(value) : String(value));
  if (select !== undefined) search.set("select", select.map((name: string) => quote(name)).join(","));
  if (order !== undefined) search.set("order", order.join(","));
  for (const [name, value] of Object.entries(rest)) if (value !== undefined) search.set(name, String(value));
  return search;
}

function listOf(values: readonly (string | number)[]): string {
  return values.length === 1 && !String(values[0]).startsWith('"') ? String(values[0]) : values.map((value) => quote(String(value))).join(",");
}

function quote(text: string): string {
  return /[",\\s()]/.test(text) ? \`"\${text.replaceAll('"', '""')}"\` : text;
}
`;
