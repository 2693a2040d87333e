/** `ensure-server <directory>`: brings the server up, says so in a line of JSON, and stays until it is killed. */
import { MillraceError } from "@millrace/core";
import { EmbeddedPostgres } from "@millrace/platform";

const directory = process.argv[2] ?? "";
try {
  const server = await EmbeddedPostgres.ensure({ directory });
  const { pid, port, started, notices } = server;
  process.stdout.write(`${JSON.stringify({ pid, port, started, notices, url: server.url() })}\n`);
  setInterval(() => undefined, 1000);
} catch (error) {
  const told = error instanceof MillraceError ? error.toJSON() : { message: String(error) };
  process.stdout.write(`${JSON.stringify({ error: told })}\n`);
  process.exitCode = 1;
}
