/** `subscribe-events <url> <consumer>`: prints the id of each event that it handles. Stays until it is killed. */
import { subscribe } from "@millrace/platform";
import pg from "pg";

const [url = "", consumer = ""] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: url });
await subscribe({
  pool,
  consumer,
  handler: (event) => void process.stdout.write(`${event.run ?? ""}\n`),
  onError: (error) => void process.stderr.write(`${String(error)}\n`),
});
process.stdout.write("ready\n");
