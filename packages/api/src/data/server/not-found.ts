import { MillraceError } from "@millrace/core";

/** Answers where there is no route. Fails with MLR_ROUTE_NOT_FOUND. */
export function notFound(): never {
  throw new MillraceError("MLR_ROUTE_NOT_FOUND", "The data API has nothing at this address", {
    hint: "GET /data lists the tables; /data/docs describes what can be asked.",
  });
}
