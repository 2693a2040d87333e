import { MillraceError } from "@millrace/core";
import { codecOf } from "../columns/codec-of.ts";
import { ANYWHERE } from "../columns/table-column.ts";
import type { Link } from "./link.ts";

/** The database's clock, in storage form of a `timestamptz`. */
export async function serverTime(link: Link): Promise<number | bigint> {
  const { dialect } = link;
  const codec = codecOf(dialect, { type: { kind: "timestamptz" }, form: "native", place: ANYWHERE });
  const [row] = await link.query<{ at: unknown }>("asking for the time", `SELECT ${dialect.now} AS at`);
  const at = codec.decode(row?.at);
  if (typeof at === "number" || typeof at === "bigint") return at;
  throw new MillraceError("MLR_INTERNAL", `${dialect.location} does not tell the time`);
}
