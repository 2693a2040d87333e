// A press that speaks Modbus TCP. It ends with the process that started it.
import { createServer } from "node:net";

process.on("disconnect", () => process.exit(0));

/** What the registers hold at a time, in seconds. */
function registers(time: number): Buffer {
  const bytes = Buffer.alloc(2 * 20);
  bytes.writeInt16BE(Math.round(10 * (65 + 12 * Math.sin(time / 20))), 0);
  bytes.writeFloatBE(160 + 8 * Math.sin(time / 3), 2);
  bytes.writeUInt32BE(Math.floor(time) % 1_000_000, 18);
  return bytes;
}

function valuesOf(code: number, offset: number, count: number): Buffer | undefined {
  const time = Date.now() / 1_000;
  if (code === 1 && offset + count <= 8) return Buffer.from([Math.floor(time / 10) % 2]);
  return code === 3 && offset + count <= 20
    ? registers(time).subarray(2 * offset, 2 * (offset + count))
    : undefined;
}

createServer((socket) => {
  socket.on("error", () => socket.destroy());
  socket.on("data", (bytes) => {
    for (let at = 0; at + 12 <= bytes.length; at += 12) {
      const code = bytes.readUInt8(at + 7);
      const values = valuesOf(code, bytes.readUInt16BE(at + 8), bytes.readUInt16BE(at + 10));
      const body = values === undefined ? [code | 0x80, 2] : [code, values.length, ...values];
      const header = Buffer.from(bytes.subarray(at, at + 7));
      header.writeUInt16BE(body.length + 1, 4);
      socket.write(Buffer.concat([header, Buffer.from(body)]));
    }
  });
}).listen(15_020, "127.0.0.1");
