/** Sends a capture's messages over and over, framed before, to whoever subscribes: as fast as they are taken. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { WebSocketServer } from "ws";

const [file = "", count = "0", only = ""] = process.argv.slice(2);
const texts = readFileSync(file, "utf8")
  .split("\n")
  .flatMap((line) => /^[\d.]+: (.*)$/.exec(line)?.[1] ?? [])
  .filter((text) => text.includes(`"channel":"${only}`) && !text.includes('"event"'));
const http = createServer((_, response) => response.end('{"code":"0","data":[]}'));
const sockets = new WebSocketServer({ server: http, perMessageDeflate: false });

sockets.on("connection", (client, request) => {
  client.once("message", () => void send(request.socket, Number(count)));
});
http.listen(0, "127.0.0.1", () => process.send?.((http.address() as AddressInfo).port));

/**
 * Numbers go on from round to round, so that no message is an old one: trades count up, and books link to the one before.
 */
async function send(socket: Socket, messages: number): Promise<void> {
  const trades = new Map<string, number>();
  const books = new Map<string, number>();
  for (let sent = 0; sent < messages;) {
    const frames: Buffer[] = [];
    for (let n = 0; n < 500 && sent < messages; n++, sent++)
      frames.push(frame(renumbered(texts[sent % texts.length] ?? "", { trades, books })));
    if (!socket.write(Buffer.concat(frames))) await new Promise((resolve) => socket.once("drain", resolve));
  }
}

function renumbered(
  text: string,
  { trades, books }: { readonly trades: Map<string, number>; readonly books: Map<string, number> },
): string {
  const native = /"instId":"([^"]+)"/.exec(text)?.[1] ?? "";
  if (text.includes('"tradeId"')) {
    const next = (trades.get(native) ?? 1_000) + 1;
    trades.set(native, next);
    return text.replace(/"tradeId":"\d+"/, `"tradeId":"${next}"`);
  }
  const before = books.get(native) ?? 1_000;
  books.set(native, before + 3);
  // A snapshot in the middle is one like any other: books begin again with it.
  const previous = text.includes('"snapshot"') ? -1 : before;
  return text
    .replace(/"prevSeqId":-?\d+/, `"prevSeqId":${previous}`)
    .replace(/"seqId":\d+/, `"seqId":${before + 3}`);
}

function frame(text: string): Buffer {
  const body = Buffer.from(text);
  const long = body.length > 65_535;
  const head = Buffer.alloc(body.length < 126 ? 2 : long ? 10 : 4);
  head[0] = 0x81;
  if (body.length < 126) head[1] = body.length;
  else if (long) {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(body.length), 2);
  } else {
    head[1] = 126;
    head.writeUInt16BE(body.length, 2);
  }
  return Buffer.concat([head, body]);
}
