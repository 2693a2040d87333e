import { MillraceError } from "@millrace/core";
import type { ExchangeMapping } from "../model/exchange-mapping.ts";
import type { ResolvedExchangeOptions } from "../options.ts";

/** Where sockets and the REST interface of an exchange are. */
export interface Endpoints {
  socket(name: string): string;
  rest(path: string): string;
}

/** Fails with MLR_ARGUMENT_INVALID where an address is given for what the exchange does not have. */
export function endpointsOf(
  mapping: ExchangeMapping,
  {
    endpoint,
    endpoints,
  }: { readonly endpoint: string; readonly endpoints: ResolvedExchangeOptions["endpoints"] },
): Endpoints {
  const names = [...Object.keys(mapping.sockets), "rest"];
  const unknown = Object.keys(endpoints).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `exchange("${mapping.name}"): there is no endpoint "${unknown}"`,
      { hint: `There are ${names.join(", ")}.` },
    );
  }
  const played = endpoint === "live" ? undefined : endpoint.replace(/\/$/, "");
  return {
    socket: (name) =>
      endpoints[name] ??
      (played === undefined
        ? (mapping.sockets[name]?.url ?? "")
        : `${played.replace(/^http/, "ws")}/${name}`),
    rest: (path) => (endpoints["rest"] ?? played ?? mapping.restBase(path)).replace(/\/$/, ""),
  };
}
