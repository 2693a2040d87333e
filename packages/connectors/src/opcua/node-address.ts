import { MillraceError } from "@millrace/core";

/** Refuses what is no id of a node. Fails with MLR_ARGUMENT_INVALID. */
export function checkNodeAddress(address: string): void {
  if (/^(ns=\d+;)?(i=\d+|s=.+|g=[0-9a-f-]{36}|b=.+)$/i.test(address)) return;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `"${address}" is no id of an OPC UA node`, {
    hint: "Write for instance ns=2;s=Boiler.Temperature or ns=3;i=1001.",
    details: { address },
  });
}
