import { replayServer } from "millrace";

/** `MARKETS=live` in the environment collects from the exchanges themselves. */
const LIVE = process.env["MARKETS"] === "live";
/** How much faster than it was recorded a capture is played. */
const SPEED = Number(process.env["MARKETS_SPEED"] ?? 1);

/** Where an exchange is: the real one, or a server of this example that plays a capture, begun when the pipeline is. */
export function endpoint(exchange: string): string | (() => Promise<string>) {
  if (LIVE) return "live";
  let address: Promise<string> | undefined;
  return () => (address ??= play(exchange));
}

async function play(exchange: string): Promise<string> {
  const server = await replayServer({
    exchange,
    capture: new URL(`captures/${exchange}.capture`, import.meta.url),
  });
  void server.playTo({ subscriptions: 1, speed: SPEED });
  return server.address;
}
