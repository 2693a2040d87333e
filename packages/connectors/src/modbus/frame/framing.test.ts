import fc from "fast-check";
import { expect, test } from "vitest";
import { modbusCrc } from "./crc.ts";
import { FrameError } from "./framing.ts";
import { RtuFraming } from "./rtu-framing.ts";
import { TcpFraming } from "./tcp-framing.ts";

const REQUEST = { unit: 17, code: 3, offset: 107, count: 3 } as const;

test("requests are those of the specification", () => {
  expect(Buffer.from(new TcpFraming().encode(REQUEST, 0x1501)).toString("hex")).toBe(
    "150100000006" + "1103006b0003",
  );
  expect(Buffer.from(new RtuFraming().encode(REQUEST)).toString("hex")).toBe("1103006b00037687");
});

test("frames are found however the bytes are cut", () => {
  const frames = [1, 2, 0xffff].map((id) =>
    Buffer.from([id >> 8, id & 255, 0, 0, 0, 5, 17, 3, 2, 0xab, id & 255]),
  );
  const stream = Buffer.concat(frames);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: stream.length }), { maxLength: 8 }), (cuts) => {
      const framing = new TcpFraming();
      const at = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
      const replies = at.slice(1).flatMap((end, index) => framing.decode(stream.subarray(at[index], end)));
      expect(replies.map(({ transaction }) => transaction)).toEqual([1, 2, 0xffff]);
    }),
  );
});

test("what is no frame ends the connection instead of being searched", () => {
  expect(() => new TcpFraming().decode(Buffer.from("HTTP/1.1 400 Bad Request"))).toThrow(FrameError);
  const frame = Buffer.from([1, 3, 2, 0, 5, 0, 0]);
  expect(() => new RtuFraming().decode(frame)).toThrow("a check sum is wrong");
  frame.writeUInt16LE(modbusCrc(frame.subarray(0, 5)), 5);
  expect(new RtuFraming().decode(frame)).toHaveLength(1);
});
