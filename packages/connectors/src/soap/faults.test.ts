import { brotliCompressSync, gzipSync } from "node:zlib";
import { MillraceError } from "@millrace/core";
import { afterEach, describe, expect, test } from "vitest";
import { answer, envelope, order, ordersAnswer } from "../../test/soap/envelope.ts";
import { readAll } from "../../test/soap/read.ts";
import { ORDERS_WSDL, ordersServer, plainServer, type SoapServer } from "../../test/soap/server.ts";
import type { SoapOptions } from "./index.ts";

let server: SoapServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

type Answer = Parameters<typeof plainServer>[0];

/** A server that answers in these ways, one after another, the last one again and again. */
async function answering(...answers: readonly Answer[]): Promise<void> {
  let count = 0;
  server = await plainServer((received, response) =>
    answers[Math.min(count++, answers.length - 1)]?.(received, response),
  );
}

function read(more: Partial<SoapOptions> = {}): ReturnType<typeof readAll> {
  return readAll({
    wsdl: ORDERS_WSDL,
    endpoint: `${server?.url ?? ""}/orders`,
    operation: "GetOrders",
    ...more,
  });
}

async function failure(more: Partial<SoapOptions> = {}): Promise<MillraceError> {
  const error: unknown = await read(more).catch((caught: unknown) => caught);
  if (error instanceof MillraceError) return error;
  throw new Error(`it did not fail as it should: ${String(error)}`);
}

const body =
  (text: string | Buffer, type = "text/xml", status = 200, headers = {}): Answer =>
  (_received, response) => {
    response.writeHead(status, { "content-type": type, ...headers });
    response.end(text);
  };
const good: Answer = (_received, response) => answer(response, ordersAnswer(order(1)));

describe("faults", () => {
  const eleven =
    (code: string, more = ""): Answer =>
    (_received, response) =>
      answer(
        response,
        `<e:Fault><faultcode>${code}</faultcode><faultstring>It broke</faultstring>${more}</e:Fault>`,
        {
          status: 500,
        },
      );

  test("of SOAP 1.1 have their code, reason, actor and detail", async () => {
    const detail = `<faultactor>urn:db</faultactor><detail><o:Line xmlns:o="urn:orders" id="7"><Code>42</Code><Code>43</Code></o:Line></detail>`;
    await answering(eleven("e:Server", detail));
    const error = await failure();
    expect(error).toMatchObject({
      code: "MLR_SOURCE_FAILED",
      retry: "later",
      message: `GetOrders at ${server?.url ?? ""}/orders ended with fault Server: It broke`,
      details: {
        operation: "GetOrders",
        status: 500,
        fault: "Server",
        actor: "urn:db",
        detail: { Line: { "@id": "7", Code: ["42", "43"] } },
      },
    });
    // The service itself said so: asking at once again would not help.
    expect(server?.received).toHaveLength(1);
  });

  test("of SOAP 1.2 have their codes from the outer to the inner one", async () => {
    const fault = `<e:Fault><e:Code><e:Value>e:Sender</e:Value><e:Subcode><e:Value xmlns:m="urn:m">m:Input</e:Value><e:Subcode><e:Value>m:Date</e:Value></e:Subcode></e:Subcode></e:Code>
      <e:Reason><e:Text xml:lang="en">Wrong date</e:Text><e:Text xml:lang="cs">Špatné datum</e:Text></e:Reason><e:Detail><max>3</max></e:Detail></e:Fault>`;
    await answering((_received, response) => answer(response, fault, { version: "1.2", status: 400 }));
    expect(await failure()).toMatchObject({
      code: "MLR_SOURCE_FAILED",
      retry: "never",
      message: expect.stringContaining("fault Sender / Input / Date: Wrong date") as string,
      details: { fault: "Sender", subcodes: ["Input", "Date"], detail: { max: "3" } },
    });
  });

  test.each([
    ["e:Client", "MLR_SOURCE_FAILED", "never"],
    ["soap:Server.userException", "MLR_SOURCE_FAILED", "later"],
    ["e:MustUnderstand", "MLR_SOURCE_FAILED", "never"],
    ["wsse:FailedAuthentication", "MLR_SOURCE_DENIED", "never"],
    ["", "MLR_SOURCE_FAILED", "never"],
  ])("with code %j are %s, to be tried again: %s", async (code, expected, retry) => {
    await answering(eleven(code));
    expect(await failure()).toMatchObject({ code: expected, retry });
  });

  test("of a real server are told too", async () => {
    server = await ordersServer({
      GetOrders: () => {
        throw Object.assign(new Error("No such customer"), {
          Fault: { faultcode: "soap:Client", faultstring: "No such customer", detail: { id: 7 } },
        });
      },
    });
    expect(await failure()).toMatchObject({
      retry: "never",
      message: expect.stringContaining("fault Client: No such customer") as string,
      details: { fault: "Client", detail: { id: "7" } },
    });
  });
});

describe("of the transport", () => {
  test.each([
    ["a status that passes", body("busy", "text/plain", 503)],
    ["an error without a fault", body("<html><title>Oops</title></html>", "text/html", 500)],
    ["a connection that breaks", ((_received, response) => void response.destroy()) satisfies Answer],
    [
      "an answer that breaks off",
      ((_received, response) => {
        response.writeHead(200, { "content-type": "text/xml", "content-length": "100000" });
        response.write(envelope("").slice(0, 40), () => response.destroy());
      }) satisfies Answer,
    ],
    [
      "compressed data that is cut short",
      body(gzipSync(envelope(ordersAnswer(""))).subarray(0, 60), "text/xml", 200, {
        "content-encoding": "gzip",
      }),
    ],
  ])("%s is tried again", async (_name, broken) => {
    await answering(broken, good);
    const { rows } = await read();
    expect(rows).toHaveLength(1);
    expect(server?.received).toHaveLength(2);
  });

  test.each([
    [
      "a login page",
      body("<html><head><title>Log in</title></head></html>", "text/html"),
      "MLR_SOURCE_FORMAT",
      'an HTML page, "Log in"',
    ],
    ["XML that is no message", body("<orders/>"), "MLR_SOURCE_FORMAT", "is no SOAP message, but <orders>"],
    [
      "a status that does not pass",
      body("no", "text/plain", 404),
      "MLR_SOURCE_NOT_FOUND",
      "answered 404 Not Found: no",
    ],
    ["a refusal", body("", "text/plain", 401), "MLR_SOURCE_DENIED", "answered 401 Unauthorized"],
    [
      "a redirect",
      body("", "text/plain", 302, { location: "http://127.0.0.1:1/" }),
      "MLR_SOURCE_FAILED",
      "answered 302 Found",
    ],
    ["nothing", body("", "text/xml"), "MLR_SOURCE_FORMAT", "is empty"],
    [
      "entities that expand",
      body(`<!DOCTYPE x [<!ENTITY a "b">]>${envelope("").replace(/^<\?.*?\?>/, "")}`),
      "MLR_SOURCE_FORMAT",
      "has a document type",
    ],
    [
      "a deep message",
      body(envelope(ordersAnswer(`<Order>${"<a>".repeat(600)}${"</a>".repeat(600)}</Order>`))),
      "MLR_SOURCE_FORMAT",
      "more than 500 elements deep",
    ],
    [
      "an empty body",
      body(envelope("")),
      "MLR_SOURCE_FORMAT",
      "has an empty body, where <GetOrdersResponse> is expected",
    ],
    [
      "another answer",
      body(envelope("<Foo/>")),
      "MLR_SOURCE_FORMAT",
      "has <Foo>, where <GetOrdersResponse> is expected",
    ],
    [
      "a message without a body",
      body(envelope("").replace(/<e:Body>.*<\/e:Body>/, "")),
      "MLR_SOURCE_FORMAT",
      "a message without a body",
    ],
    [
      "an encoding that nobody knows",
      body(envelope(""), "text/xml; charset=klingon"),
      "MLR_SOURCE_FORMAT",
      "in an encoding that is not known",
    ],
  ])("%s is an error that says so", async (_name, broken, code, message) => {
    await answering(broken);
    const error = await failure();
    expect(error).toMatchObject({
      code,
      retry: "never",
      message: expect.stringContaining(message) as string,
    });
    expect(error.hint).toBeDefined();
    expect(server?.received).toHaveLength(1);
  });

  test("a message that ends too early is for a later run", async () => {
    await answering(body(envelope(ordersAnswer(order(1))).slice(0, -30)));
    expect(await failure()).toMatchObject({ code: "MLR_SOURCE_FORMAT", retry: "later" });
  });

  test("a server that never answers well is given up on", async () => {
    await answering(body("busy", "text/plain", 503));
    const error = await failure({ retry: { attempts: 3 } });
    expect(error.message).toContain("answered 503 Service Unavailable: busy (after 3 attempts)");
    expect(error.retry).toBe("later");
    expect(server?.received).toHaveLength(3);
  });

  test("silence, slowness and size have limits", async () => {
    await answering(() => undefined);
    expect(await failure({ timeoutMs: 50, retry: { attempts: 1 } })).toMatchObject({ retry: "later" });
    expect(await failure({ maxResponse: 50 })).toMatchObject({ code: "MLR_SOURCE_LIMIT" });
    await server?.close();
    await answering(
      good,
      body(gzipSync(envelope(" ".repeat(50_000_000))), "text/xml", 200, { "content-encoding": "gzip" }),
    );
    expect(await failure({ maxResponseBytes: 100 })).toMatchObject({
      code: "MLR_SOURCE_LIMIT",
      message: expect.stringContaining("more than 100 bytes") as string,
    });
    expect(await failure({ maxResponseBytes: 1_000_000 })).toMatchObject({ code: "MLR_SOURCE_LIMIT" });
    await server?.close();
    await answering((_received, response) =>
      answer(response, ordersAnswer(order(1, `<Note>${"x".repeat(5_000)}</Note>`))),
    );
    expect(await failure({ maxRowLength: 4_000 })).toMatchObject({
      message: expect.stringContaining("a row of more than 4000 characters") as string,
    });
  });

  test("a private address is refused where that is asked for", async () => {
    await answering(good);
    expect(await failure({ privateAddresses: "refuse" })).toMatchObject({ code: "MLR_SOURCE_DENIED" });
    expect(server?.received).toEqual([]);
  });

  test("compressed answers and other encodings are read", async () => {
    const text = envelope(ordersAnswer(order(1, "<Note>žluť</Note>")));
    await answering(
      body(brotliCompressSync(text), "text/xml", 200, { "content-encoding": "br" }),
      body(Buffer.from(`\ufeff${text.replace("utf-8", "utf-16")}`, "utf16le"), "text/xml"),
      body(text, "application/xml; charset=UTF-8"),
    );
    for (let again = 0; again < 3; again++) expect((await read()).rows).toMatchObject([{ Note: "žluť" }]);
  });
});
