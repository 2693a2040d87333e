import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { MillraceError } from "@millrace/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ORDERS_WSDL, plainServer, type SoapServer } from "../../../test/soap/server.ts";
import { soapOperations, type SoapOperation, type SoapOperationsOptions } from "../index.ts";

let folder: string;
let server: SoapServer | undefined;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "millrace-soap-"));
  await mkdir(path.join(folder, "project"));
  await cp(path.dirname(ORDERS_WSDL), path.join(folder, "project"), { recursive: true });
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

function operations(more: Partial<SoapOperationsOptions> = {}): Promise<SoapOperation[]> {
  return soapOperations({ wsdl: "orders.wsdl", directory: path.join(folder, "project"), ...more });
}

async function failure(more: Partial<SoapOperationsOptions> = {}): Promise<MillraceError> {
  const error: unknown = await operations(more).catch((caught: unknown) => caught);
  if (error instanceof MillraceError) return error;
  throw new Error(`it did not fail as it should: ${String(error)}`);
}

async function change(file: string, from: string | RegExp, to: string): Promise<void> {
  const name = path.join(folder, "project", file);
  const text = await readFile(name, "utf8");
  const changed = text.replace(from, to);
  if (changed === text) throw new Error(`${file} has no ${String(from)}`);
  await writeFile(name, changed);
}

/** Serves the project's files, and tells who asked for what. */
async function serve(): Promise<string> {
  server = await plainServer(async (received, response) => {
    const file = path.join(folder, "project", received.path.slice(1).replace(/\?.*$/, ""));
    try {
      response.setHeader("content-type", "text/xml");
      response.end(await readFile(file));
    } catch {
      response.statusCode = 404;
      response.end();
    }
  });
  return server.url;
}

describe("a description", () => {
  test("is read from a file with what it imports and includes, also in a circle", async () => {
    expect(await operations()).toMatchObject([{ operation: "GetOrders" }, { operation: "Convert" }]);
  });

  test("is read from an address with what it imports, and credentials go to its host alone", async () => {
    const url = await serve();
    const auth = { kind: "bearer" as const, token: "the-token" };
    const wsdl = `${url}/orders.wsdl?wsdl`;
    expect(await operations({ wsdl, auth })).toHaveLength(2);
    expect(server?.received.map((each) => each.path)).toEqual([
      "/orders.wsdl?wsdl",
      "/order.xsd",
      "/types/money.xsd",
      "/order-imports.xsd",
    ]);
    expect(server?.received.every(({ headers }) => headers.authorization === "Bearer the-token")).toBe(true);
    // A file of ours that imports from there: the credentials are not for it.
    await change("orders.wsdl", 'schemaLocation="order.xsd"', `schemaLocation="${url}/order.xsd"`);
    const imports = { [`${url}/`]: `${url}/` };
    expect(await operations({ auth, imports })).toHaveLength(2);
    expect(server?.received.at(-1)?.headers.authorization).toBeUndefined();
  });

  test("with an import that is missing is an error that says which, and what to do", async () => {
    await rm(path.join(folder, "project", "types", "money.xsd"));
    const error = await failure();
    expect(error).toMatchObject({
      code: "MLR_SOURCE_NOT_FOUND",
      message: "order.xsd imports types/money.xsd, which cannot be read: types/money.xsd does not exist",
      hint: expect.stringContaining('imports: { "types/money.xsd"') as string,
    });
    await cp(
      path.join(path.dirname(ORDERS_WSDL), "types", "money.xsd"),
      path.join(folder, "project", "types", "other.xsd"),
    );
    expect(await operations({ imports: { "types/money.xsd": "types/other.xsd" } })).toHaveLength(2);
  });

  test("with a namespace that nobody imported is an error that names it", async () => {
    await change("order.xsd", /<xs:import[^>]*>/, "");
    await change("orders.wsdl", /<xs:import[^>]*>/, "");
    expect(await failure()).toMatchObject({
      code: "MLR_SOURCE_FORMAT",
      message: expect.stringMatching(
        /line \d+: the type "Money" of urn:money is not declared anywhere/,
      ) as string,
      hint: expect.stringContaining('imports: { "urn:money"') as string,
    });
  });

  test.each([
    ["a file above the project", "../outside.xsd"],
    ["a file anywhere", "file:///etc/passwd"],
    ["a host", "http://127.0.0.1:1/x.xsd"],
    ["another kind of place", "ftp://127.0.0.1/x.xsd"],
  ])("cannot make us read %s", async (_name, place) => {
    await writeFile(path.join(folder, "outside.xsd"), '<schema xmlns="http://www.w3.org/2001/XMLSchema"/>');
    await change("orders.wsdl", 'schemaLocation="order.xsd"', `schemaLocation="${place}"`);
    expect(await failure()).toMatchObject({
      code: "MLR_SOURCE_DENIED",
      message: expect.stringContaining("which is at another place and is not read") as string,
    });
  });

  test("at an address cannot make us read files", async () => {
    const url = await serve();
    await change("orders.wsdl", 'schemaLocation="order.xsd"', 'schemaLocation="file:///etc/passwd"');
    expect(await failure({ wsdl: `${url}/orders.wsdl` })).toMatchObject({ code: "MLR_SOURCE_DENIED" });
  });

  test.each([
    ["<html><body>Log in</body></html>", "is no WSDL: it begins with <html>"],
    ['<description xmlns="http://www.w3.org/ns/wsdl"/>', "is a WSDL 2.0"],
    ["not XML", "is no well-formed XML"],
    ["", "is no well-formed XML"],
    ['<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "defines entities, which are not expanded"],
    [`<a>${"<b>".repeat(300)}`, "more than 200 elements deep"],
  ])("that is %j is refused", async (text, message) => {
    await writeFile(path.join(folder, "project", "orders.wsdl"), text);
    expect(await failure()).toMatchObject({
      code: "MLR_SOURCE_FORMAT",
      message: expect.stringContaining(message) as string,
    });
  });

  test("that is too large is refused", async () => {
    expect(await failure({ maxWsdlBytes: 5_000 })).toMatchObject({ code: "MLR_SOURCE_LIMIT" });
    expect(await failure({ maxWsdlBytes: 500 })).toMatchObject({ code: "MLR_SOURCE_LIMIT" });
    const url = await serve();
    expect(await failure({ wsdl: `${url}/orders.wsdl`, maxWsdlBytes: 500 })).toMatchObject({
      code: "MLR_SOURCE_LIMIT",
    });
  });

  test("that does not exist is told", async () => {
    expect(await failure({ wsdl: "nowhere.wsdl" })).toMatchObject({
      code: "MLR_SOURCE_NOT_FOUND",
      message: "nowhere.wsdl does not exist",
    });
    expect(await failure({ wsdl: "types" })).toMatchObject({
      code: "MLR_SOURCE_NOT_FOUND",
      message: "types is no file",
    });
    const url = await serve();
    expect(await failure({ wsdl: `${url}/nowhere?wsdl` })).toMatchObject({ code: "MLR_SOURCE_NOT_FOUND" });
  });

  test("whose types are made of themselves is refused", async () => {
    await change("order.xsd", '<xs:restriction base="xs:token">', '<xs:restriction base="Status">');
    expect(await failure()).toMatchObject({
      code: "MLR_SOURCE_FORMAT",
      message: expect.stringContaining('type "Status" is made of itself') as string,
    });
  });
});
