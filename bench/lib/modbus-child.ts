// A Modbus device for the bench: each register holds its own number.
import { createServer, type AddressInfo } from "node:net";

process.on("disconnect", () => process.exit(0));

const server = createServer((socket) => {
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  socket.on("data", (bytes) => {
    for (let at = 0; at + 12 <= bytes.length; at += 12) {
      const offset = bytes.readUInt16BE(at + 8);
      const count = bytes.readUInt16BE(at + 10);
      const answer = Buffer.allocUnsafe(9 + count * 2);
      bytes.copy(answer, 0, at, at + 8);
      answer.writeUInt16BE(3 + count * 2, 4);
      answer.writeUInt8(count * 2, 8);
      for (let index = 0; index < count; index += 1) answer.writeUInt16BE(offset + index, 9 + index * 2);
      socket.write(answer);
    }
  });
});
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
