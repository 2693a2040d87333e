/** `notify <url> <webhook>`: runs a notifier that tells the webhook of failed runs. Stays until it is killed. */
import { startNotifier, webhook } from "@millrace/platform";
import pg from "pg";

const [url = "", hook = "", key = ""] = process.argv.slice(2);
await startNotifier({
  pool: new pg.Pool({ connectionString: url }),
  config: {
    channels: { hook: webhook({ url: hook, secret: key }) },
    rules: [{ on: ["run.finished"], when: { status: "failed" }, to: ["hook"] }],
  },
  onError: (error) => void process.stderr.write(`${String(error)}\n`),
});
process.stdout.write("ready\n");
