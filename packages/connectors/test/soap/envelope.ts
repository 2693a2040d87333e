import type { ServerResponse } from "node:http";

const SOAP = {
  "1.1": ["http://schemas.xmlsoap.org/soap/envelope/", "text/xml; charset=utf-8"],
  "1.2": ["http://www.w3.org/2003/05/soap-envelope", "application/soap+xml; charset=utf-8"],
} as const;

/** A message with this content. */
export function envelope(body: string, version: "1.1" | "1.2" = "1.1"): string {
  return `<?xml version="1.0" encoding="utf-8"?><e:Envelope xmlns:e="${SOAP[version][0]}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xs="http://www.w3.org/2001/XMLSchema"><e:Header/><e:Body>${body}</e:Body></e:Envelope>`;
}

/** Answers with a message. */
export function answer(
  response: ServerResponse,
  body: string,
  { version = "1.1", status = 200 }: { version?: "1.1" | "1.2"; status?: number } = {},
): void {
  response.writeHead(status, { "content-type": SOAP[version][1] });
  response.end(envelope(body, version));
}

/** The answer of `GetOrders` with these orders, as XML. */
export function ordersAnswer(orders: string, more = ""): string {
  return `<GetOrdersResponse xmlns="urn:orders" xmlns:o="urn:orders"><GetOrdersResult>${orders}</GetOrdersResult>${more}</GetOrdersResponse>`;
}

/** An order with nothing but what it has to have. */
export function order(id: number | bigint, more = ""): string {
  return `<Order><Id>${id}</Id><Total>1.5</Total><Paid>true</Paid><Placed>2026-11-01T00:00:00Z</Placed><Due xsi:nil="true"/>${more}</Order>`;
}
