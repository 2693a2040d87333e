import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { answer } from "../../../test/soap/envelope.ts";
import { readAll } from "../../../test/soap/read.ts";
import { plainServer, type SoapServer } from "../../../test/soap/server.ts";
import { soapCall, soapOperations } from "../index.ts";

const WSDL = `<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"
  xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:stock" targetNamespace="urn:stock">
  <types><xs:schema targetNamespace="urn:stock">
    <xs:import namespace="http://schemas.xmlsoap.org/soap/encoding/"/>
    <xs:complexType name="Item" abstract="true"><xs:all><xs:element name="id" type="xs:int"/></xs:all></xs:complexType>
    <xs:complexType name="Book"><xs:complexContent><xs:extension base="t:Item"><xs:sequence><xs:element name="pages" type="soapenc:int"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>
    <xs:complexType name="Items"><xs:complexContent><xs:restriction base="soapenc:Array"><xs:attribute ref="soapenc:arrayType" wsdl:arrayType="t:Item[]"/></xs:restriction></xs:complexContent></xs:complexType>
    <xs:element name="Session" type="xs:string"/>
  </xs:schema></types>
  <message name="In"><part name="since" type="xs:date"/><part name="item" type="t:Item"/></message>
  <message name="Out"><part name="return" type="t:Items"/></message>
  <message name="Head"><part name="session" element="t:Session"/></message>
  <portType name="Stock"><operation name="list"><input message="t:In"/><output message="t:Out"/></operation></portType>
  <binding name="Stock" type="t:Stock"><soap:binding style="rpc" transport="http://schemas.xmlsoap.org/soap/http"/>
    <operation name="list"><soap:operation soapAction=""/>
      <input><soap:header message="t:Head" part="session" use="literal"/><soap:body use="encoded" namespace="urn:stock" encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"/></input>
      <output><soap:body use="encoded" namespace="urn:stock" encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"/></output></operation></binding>
  <service name="Stock"><port name="Stock" binding="t:Stock"><soap:address location="http://127.0.0.1:1/"/></port></service>
</definitions>`;

const ANSWER = `<m:listResponse xmlns:m="urn:stock" xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/">
  <return xsi:type="soapenc:Array" soapenc:arrayType="m:Item[2]">
    <item xsi:type="m:Book"><id xsi:type="x:int">1</id><pages>300</pages></item><item xsi:type="m:Book"><id>2</id><pages>12</pages></item>
  </return></m:listResponse>`;

let folder: string;
let server: SoapServer;
let body = ANSWER;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "millrace-soap-"));
  await writeFile(path.join(folder, "stock.wsdl"), WSDL);
  server = await plainServer((_received, response) => answer(response, body));
});
afterEach(async () => {
  body = ANSWER;
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const service = (): { wsdl: string; endpoint: string } => ({
  wsdl: path.join(folder, "stock.wsdl"),
  endpoint: server.url,
});

test("calls in the style of RPC with SOAP's own encoding are written and read", async () => {
  const input = { since: "2026-11-01", item: { "xsi:type": "Book", id: 7, pages: 8 } };
  const result = await soapCall({ ...service(), operation: "list", input, soapHeaders: { Session: "s-1" } });
  expect(result).toEqual({
    return: [
      { id: 1, pages: 300 },
      { id: 2, pages: 12 },
    ],
  });
  const sent = server.received[0]?.body ?? "";
  expect(sent).toContain('<s:Header><n0:Session xsi:type="xsd:string">s-1</n0:Session></s:Header>');
  expect(sent).toContain(
    '<n0:list><since xsi:type="xsd:date">2026-11-01</since><item xsi:type="n0:Book"><id xsi:type="xsd:int">7</id><pages xsi:type="n1:int">8</pages></item></n0:list>',
  );
});

test("items of arrays are rows, with the types that they say they have", async () => {
  const { rows } = await readAll({ ...service(), operation: "list" });
  expect(rows).toEqual([
    { id: 1, pages: 300 },
    { id: 2, pages: 12 },
  ]);
  expect(await soapOperations(service())).toMatchObject([
    { style: "rpc", rows: ["return/*"], headers: ["Session"], output: "{ return?: { id: int }[] }" },
  ]);
});

test("a type of which there are only extensions has to be said", async () => {
  const calling = soapCall({ ...service(), operation: "list", input: { item: { id: 7 } } });
  await expect(calling).rejects.toThrow('"input.item" needs a member "xsi:type"');
});

test("headers that nobody declares are refused", async () => {
  const calling = soapCall({ ...service(), operation: "list", soapHeaders: { Sesion: "x" } });
  await expect(calling).rejects.toMatchObject({ code: "MLR_ARGUMENT_INVALID", hint: "It takes: Session." });
});

test("values that stand elsewhere in the message are an error instead of being lost", async () => {
  body = ANSWER.replace(/<item [\s\S]*<\/item>/, '<item href="#id0"/>');
  await expect(readAll({ ...service(), operation: "list" })).rejects.toMatchObject({
    code: "MLR_SOURCE_FORMAT",
    message: expect.stringContaining("refers to values elsewhere in the message") as string,
  });
});
