/** Clients of a WebSocket that only count: as cheap as they can be, so that the server is what is measured. */
import { connect, type Socket } from "node:net";
import { randomBytes } from "node:crypto";

/** Which server, how many clients, and what they say first. */
interface Order {
  readonly port: number;
  readonly path: string;
  readonly clients: number;
  readonly hello: string | null;
}

const order = JSON.parse(process.argv[2] ?? "{}") as Order;
const latencies: number[] = [];
const now = (): number => performance.timeOrigin + performance.now();

/** An update holds when it was sent; whatever else comes is not counted. */
function count(text: string): void {
  const start = text.indexOf("sent=");
  if (start !== -1) latencies.push(now() - Number.parseFloat(text.slice(start + 5, start + 30)));
}

function client(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: order.port });
    let rest = Buffer.alloc(0);
    let open = false;
    socket.setNoDelay(true);
    socket.on("error", reject);
    socket.on("data", (chunk) => {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      if (!open) {
        const end = rest.indexOf("\r\n\r\n");
        if (end === -1) return;
        if (!rest.subarray(0, 12).toString().includes("101")) reject(new Error(rest.toString()));
        rest = rest.subarray(end + 4);
        open = true;
        if (order.hello === null) resolve(socket);
        else socket.write(masked(order.hello));
      }
      for (;;) {
        const frame = read(rest);
        if (frame === undefined) return;
        rest = rest.subarray(frame.end);
        if (order.hello !== null && frame.text.includes('"subscribed"')) resolve(socket);
        count(frame.text);
      }
    });
    socket.write(
      `GET ${order.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n\r\n`,
    );
  });
}

/** Frames of a server are neither masked nor, here, in parts. */
function read(data: Buffer): { readonly text: string; readonly end: number } | undefined {
  if (data.length < 2) return undefined;
  const short = (data[1] ?? 0) & 127;
  const head = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (data.length < head) return undefined;
  const length =
    short === 126 ? data.readUInt16BE(2) : short === 127 ? Number(data.readBigUInt64BE(2)) : short;
  const end = head + length;
  return data.length < end ? undefined : { text: data.toString("latin1", head, end), end };
}

function masked(text: string): Buffer {
  const body = Buffer.from(text);
  const head =
    body.length < 126 ? [0x81, 0x80 | body.length] : [0x81, 0xfe, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), body]);
}

const sockets: Socket[] = [];
for (let begun = 0; begun < order.clients; begun += 50) {
  sockets.push(...(await Promise.all(Array.from({ length: Math.min(50, order.clients - begun) }, client))));
}
process.send?.({ ready: true });
process.on("message", () => {
  for (const socket of sockets) socket.destroy();
  process.send?.({ latencies }, () => process.exit(0));
});
