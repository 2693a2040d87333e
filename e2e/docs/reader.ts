import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Readable, Writable } from "node:stream";
import pg from "pg";
import { missingLine, type Step } from "./page.ts";

const CLI = path.resolve(import.meta.dirname, "../../packages/millrace/src/cli.ts");

const PYTHON_CLIENTS = path.resolve(import.meta.dirname, "../../clients/python");

/** Exit code of curl. */
const TIME_IS_OVER = 28;

/** Follows a page in an empty folder, as its reader would. */
export class Reader {
  readonly #databaseUrl: string;
  #folder: string;
  #output = "";
  /** Of the last command, without what it noted beside. */
  #printed = "";
  /** What `NAME=$(…)`, perhaps with `| jq -r .field`, kept. */
  readonly #variables = new Map<string, string>();
  readonly #background: { readonly child: ChildProcess; readonly ended: Promise<unknown> }[] = [];

  constructor(folder: string, databaseUrl: string) {
    this.#folder = folder;
    this.#databaseUrl = databaseUrl;
  }

  /** Does one step. Throws where it goes otherwise than the page says. */
  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case "file": {
        const file = path.join(this.#folder, step.path);
        await mkdir(path.dirname(file), { recursive: true });
        return writeFile(file, step.text, path.basename(file) === ".env" ? { mode: 0o600 } : {});
      }
      case "shell":
        for (const part of step.command.split("&&")) await this.#command(part.trim(), step.fails);
        return;
      case "sql":
        this.#output = await this.#query(step.statement);
        return;
      case "output": {
        const missing = missingLine(step.lines, this.#output);
        if (missing !== undefined)
          throw new Error(`the page says "${missing}", but this came:\n${this.#output}`);
      }
    }
  }

  /** Ends what goes on in the background, as Ctrl-C does. */
  async close(): Promise<void> {
    for (const { child, ended } of this.#background) {
      child.kill("SIGINT");
      await ended;
    }
  }

  /** Keeps what a command prints, or one field of it, under a name. */
  async #keep(name: string, command: string, fails: boolean): Promise<void> {
    const [, made = command, field] = /^(.*) \| jq -r \.(\w+)$/.exec(command) ?? [];
    await this.#command(made, fails);
    const printed = this.#printed.trim();
    const value = field === undefined ? printed : (JSON.parse(printed) as Record<string, unknown>)[field];
    this.#variables.set(name, String(value));
  }

  async #command(command: string, fails: boolean): Promise<void> {
    if (command.endsWith("&")) return this.#startServing(command.slice(0, -1).trim());
    const [, name, inner] = /^([A-Z_]+)=\$\((.*)\)$/.exec(command) ?? [];
    if (name !== undefined && inner !== undefined) return this.#keep(name, inner, fails);
    const [, variable = "", of = "", script = ""] =
      /^([A-Z_]+)=\$([A-Z_]+) python3 (\S+)$/.exec(command) ?? [];
    if (script !== "") return this.#python(script, { [variable]: this.#variables.get(of) ?? "" });
    if (command.startsWith("curl ")) return this.#curl(shellWords(command, this.#variables).slice(1));
    return this.#program(command, fails);
  }

  async #program(command: string, fails: boolean): Promise<void> {
    const piped = /^(?:echo|printf %s) (\S+) \| (.*)$/.exec(command);
    const [program, ...args] = (piped?.[2] ?? command)
      .split(/\s+/)
      .map((word) => word.replaceAll(/^["']|["']$/g, ""));
    if (program === "cd") {
      this.#folder = path.resolve(this.#folder, args[0] ?? "");
      return;
    }
    if (program === "npm" && args[0] === "install") return;
    if (program !== "npx" || args[0] !== "millrace")
      throw new Error(`readers cannot be asked to run: ${command}`);
    const { code, text } = await this.#millrace(args.slice(1), piped?.[1]);
    this.#output = text;
    if ((code !== 0) !== fails) throw new Error(`${command} ended with ${code}:\n${text}`);
  }

  async #curl(args: readonly string[]): Promise<void> {
    const child = spawn("curl", args, { cwd: this.#folder, stdio: ["ignore", "pipe", "pipe"] });
    const { code, text } = await outcomeOf(child);
    this.#output = text;
    // What never ends by itself is followed for as long as the page says.
    const over = code === TIME_IS_OVER && args.includes("--max-time");
    if (code !== 0 && !over) throw new Error(`curl ended with ${code}:\n${text}`);
  }

  /** A script, which finds the clients as if they were installed. */
  async #python(script: string, variables: Readonly<Record<string, string>>): Promise<void> {
    const child = spawn("python3", [script], {
      cwd: this.#folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...variables, PYTHONPATH: PYTHON_CLIENTS, PYTHONDONTWRITEBYTECODE: "1" },
    });
    const { code, text } = await outcomeOf(child);
    this.#output = text;
    if (code !== 0) throw new Error(`python3 ${script} ended with ${code}:\n${text}`);
  }

  /** `millrace up &`: goes on until the page is over. */
  async #startServing(command: string): Promise<void> {
    const [, , ...args] = command.split(/\s+/);
    const child = this.#spawn(args);
    let text = "";
    const { promise: serves, resolve, reject } = Promise.withResolvers<void>();
    const ended = new Promise<void>((end) => child.once("close", () => end()));
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
        if (/Schedules are kept by this process\.|^Metrics: /m.test(text)) resolve();
      });
    }
    void ended.then(() => reject(new Error(`${command} ended:\n${text}`)));
    this.#background.push({ child, ended });
    await serves;
  }

  #spawn(args: readonly string[]) {
    return spawn(process.execPath, ["--conditions=@millrace/source", CLI, ...args], {
      cwd: this.#folder,
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, MILLRACE_DATABASE_URL: this.#databaseUrl, NO_COLOR: "1", COLUMNS: "120" },
    });
  }

  async #millrace(args: readonly string[], input = ""): Promise<{ code: number; text: string }> {
    const child = this.#spawn(args);
    // A command that does not read it may have ended before.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    const outcome = await outcomeOf(child);
    this.#printed = outcome.printed;
    return outcome;
  }

  /** The rows as psql would show them: names, then values between bars; null is empty. */
  async #query(statement: string): Promise<string> {
    const client = new pg.Client({ connectionString: this.#databaseUrl });
    await client.connect();
    try {
      await client.query("SET TIME ZONE 'UTC'");
      const { fields, rows } = await client.query<(string | null)[]>({
        text: statement,
        rowMode: "array",
        types: { getTypeParser: () => (text: string) => text },
      });
      return [fields.map(({ name }) => name), ...rows]
        .map((row) => row.map((value) => value ?? "").join(" | "))
        .join("\n");
    } finally {
      await client.end();
    }
  }
}

/** What a process wrote, to its end: all of it, and what it printed as its result. */
function outcomeOf(
  child: ChildProcessByStdio<Writable | null, Readable, Readable>,
): Promise<{ code: number; text: string; printed: string }> {
  return new Promise((resolve, reject) => {
    let text = "";
    let printed = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      printed += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? 1, text, printed }));
  });
}

/** The words of a command; variables count outside of single quotes. */
function shellWords(command: string, variables: ReadonlyMap<string, string>): string[] {
  const words = command.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  const expand = (text: string): string =>
    text.replaceAll(/\$([A-Z_]+)/g, (_, name: string) => variables.get(name) ?? "");
  return words.map((word) =>
    word.replaceAll(
      /'([^']*)'|"([^"]*)"|([^'"]+)/g,
      (_, single?: string, double?: string, bare?: string) => single ?? expand(double ?? bare ?? ""),
    ),
  );
}
