import { PassThrough } from "node:stream";
import { redactor } from "@millrace/core";
import { expect, test } from "vitest";
import { maskOutput } from "./mask-output.ts";

test("texts and bytes that are written lose the secrets that are known by then, and nothing else changes", () => {
  const stream = new PassThrough() as unknown as NodeJS.WriteStream & PassThrough;
  maskOutput([stream, stream]);
  stream.write("out-put-secret ");
  redactor.add("out-put-secret");
  stream.write("out-put-secret ");
  stream.write(Buffer.from("é out-put-secret "));
  stream.write("6f757421", "hex");
  const noText = Buffer.from([0xff, 0xfe, 0x00]);
  stream.write(noText);
  const expected = Buffer.concat([Buffer.from("out-put-secret *** é *** out!"), noText]);
  expect(stream.read()).toEqual(expected);
});
