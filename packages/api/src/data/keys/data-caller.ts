/** Who makes a request. */
export interface DataCaller {
  readonly role: string;
  /** Id and name of the key that was shown; undefined: none was. */
  readonly key: { readonly id: string; readonly name: string } | undefined;
  /** Requests in a minute; null: as the setting says. */
  readonly rate: number | null;
}
