import { parseOptions, resolveSecrets, systemClock, type Source } from "@millrace/core";
import {
  callOptions,
  operationsOptions,
  soapOptions,
  type SoapCallOptions,
  type SoapOperationsOptions,
  type SoapOptions,
} from "./options.ts";
import type { SoapOperation } from "./read/describe-operations.ts";
import { soapSource } from "./soap-source.ts";

export type { SoapCallOptions, SoapOperationsOptions, SoapOptions } from "./options.ts";
export type { SoapOperation } from "./read/describe-operations.ts";
export { usernameToken, x509 } from "./security/index.ts";

/**
 * Rows of a SOAP service: calls an operation that a WSDL describes, and decodes the answer by the types of its schemas.
 * Without `operation` the rows are the operations of the service. Goes on at its last page after an interruption.
 * Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 * @example soap({ wsdl: "https://example.com/orders?wsdl", operation: "GetOrders", input: { customer: 7 }, rows: "GetOrdersResult/Order" })
 */
export function soap(options: SoapOptions): Source {
  return soapSource(parseOptions(soapOptions, options, "soap()"), systemClock);
}

/**
 * Lists what a service offers: its operations, what they take and what they answer. Fails with MLR_SOURCE_NOT_FOUND,
 * MLR_SOURCE_DENIED, MLR_SOURCE_FORMAT or MLR_SOURCE_LIMIT where the description cannot be read.
 * @example const operations = await soapOperations({ wsdl: "orders.wsdl" });
 */
export async function soapOperations(options: SoapOperationsOptions): Promise<SoapOperation[]> {
  const resolved = await resolveSecrets(parseOptions(operationsOptions, options, "soapOperations()"), {});
  const { listOperations } = await import("./call.ts");
  return listOperations(resolved, systemClock);
}

/**
 * Calls an operation once and returns its whole answer: integers beyond 2^53 as bigint, decimals as texts, bytes as
 * Uint8Array, elements that may repeat as arrays. Faults are errors with their code and detail.
 * @example const { Rate } = await soapCall<{ Rate: string }>({ wsdl: "rates.wsdl", operation: "GetRate", input: { currency: "CZK" } });
 */
export async function soapCall<Answer = unknown>(options: SoapCallOptions): Promise<Answer> {
  const resolved = await resolveSecrets(parseOptions(callOptions, options, "soapCall()"), {});
  const { callOnce } = await import("./call.ts");
  return (await callOnce(resolved, systemClock)) as Answer;
}
