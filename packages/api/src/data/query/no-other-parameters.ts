import { MillraceError, nearest } from "@millrace/core";
import type { FastifyRequest } from "fastify";
import { searchOf } from "../server/search-of.ts";

/** The parameters of an address, each once. Fails with MLR_ARGUMENT_INVALID for any that is not one of these. */
export function noOtherParameters(request: FastifyRequest, names: readonly string[]): URLSearchParams {
  const given = new URLSearchParams(searchOf(request));
  for (const name of given.keys()) {
    if (names.includes(name) && given.getAll(name).length === 1) continue;
    const guess = nearest(name, names);
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `"${name}" is no parameter of this route, or is there twice`,
      {
        hint:
          guess === undefined
            ? `It takes ${names.length === 0 ? "none" : names.join(", ")}.`
            : `Did you mean "${guess}"?`,
        details: { field: name },
      },
    );
  }
  return given;
}
