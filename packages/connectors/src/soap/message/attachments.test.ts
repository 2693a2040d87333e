import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import { envelope, order, ordersAnswer } from "../../../test/soap/envelope.ts";
import { readAll, type SoapReading } from "../../../test/soap/read.ts";
import { ORDERS_WSDL, plainServer, type SoapServer } from "../../../test/soap/server.ts";

let server: SoapServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

interface Part {
  readonly id: string;
  readonly bytes: Buffer;
  readonly encoding?: string;
}

const include = (id: string): string =>
  `<Scan><xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:${id}"/></Scan>`;

async function read(
  message: string,
  parts: readonly Part[],
  cut = 0,
  newline = "\r\n",
): Promise<SoapReading> {
  const root = [
    `--the boundary${newline}Content-Type: application/xop+xml; charset=utf-8; type="text/xml"${newline}Content-ID: <root@x>${newline}${newline}`,
    envelope(message),
  ];
  const pieces: (string | Buffer)[] = [`preamble${newline}`];
  for (const { id, bytes, encoding = "binary" } of parts)
    pieces.push(
      `--the boundary${newline}Content-ID: <${id}>${newline}Content-Transfer-Encoding: ${encoding}${newline}${newline}`,
      bytes,
      newline,
    );
  // The message may be any of the parts.
  pieces.push(...root, `${newline}--the boundary--${newline}`);
  const body = Buffer.concat(pieces.map((piece) => Buffer.from(piece as string)));
  server = await plainServer((_received, response) => {
    response.writeHead(200, {
      "content-type":
        'multipart/related; type="application/xop+xml"; boundary="the boundary"; start="<root@x>"; start-info="text/xml"',
    });
    response.end(body.subarray(0, body.length - cut));
  });
  return readAll({ wsdl: ORDERS_WSDL, endpoint: server.url, operation: "GetOrders", retry: { attempts: 1 } });
}

test("attachments are bytes, whatever they hold", async () => {
  const tricky = Buffer.from("\r\n--the boundar\r\n\r\n--the boundaryless--the boundary\0");
  const { rows } = await read(ordersAnswer(order(1, include("a%20b@x")) + order(2, include("c@x"))), [
    { id: "a b@x", bytes: Buffer.concat([tricky.subarray(0, 17), Buffer.from([0, 13, 10, 255])]) },
    { id: "c@x", bytes: Buffer.from(Buffer.from("hello").toString("base64")), encoding: "base64" },
  ]);
  expect(rows[0]?.["Scan"]).toEqual(
    new Uint8Array(Buffer.concat([tricky.subarray(0, 17), Buffer.from([0, 13, 10, 255])])),
  );
  expect(rows[1]?.["Scan"]).toEqual(new Uint8Array(Buffer.from("hello")));
});

test("attachments of many megabytes are read from a temporary file", async () => {
  const bytes = Array.from({ length: 3 }, () => randomBytes(3_000_000));
  const { rows } = await read(
    ordersAnswer(bytes.map((_, index) => order(index, include(`p${index}`))).join("")),
    bytes.map((each, index) => ({ id: `p${index}`, bytes: each })),
    0,
    "\n",
  );
  expect(
    rows.map(({ Scan }) => Buffer.compare(Scan as Uint8Array, bytes[0] ?? Buffer.alloc(0)) === 0),
  ).toEqual([true, false, false]);
  expect(rows.map(({ Scan }) => (Scan as Uint8Array).length)).toEqual([3_000_000, 3_000_000, 3_000_000]);
});

test("a row whose attachment is missing is rejected", async () => {
  const { rows, rejected } = await read(ordersAnswer(order(1, include("nowhere")) + order(2)), []);
  expect(rows).toHaveLength(1);
  expect(rejected[0]?.message).toContain('the attachment "nowhere" is missing');
});

test("an answer that is cut short is for a later run", async () => {
  await expect(read(ordersAnswer(order(1)), [], 12)).rejects.toMatchObject({
    code: "MLR_SOURCE_FORMAT",
    retry: "later",
    message: expect.stringContaining("ends before its last part does") as string,
  });
});
