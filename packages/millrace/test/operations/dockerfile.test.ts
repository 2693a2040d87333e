import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DockerfileParser, type Instruction } from "dockerfile-ast";
import { validate } from "dockerfile-utils";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));
const FILE = join(ROOT, "deploy/container/Dockerfile");
const text = readFileSync(FILE, "utf8");

/** What hadolint would say, as far as it matters here, each with its number there. */
function lint(source: string): string[] {
  const file = DockerfileParser.parse(source);
  const all = file.getInstructions();
  const of = (keyword: string): Instruction[] => all.filter((each) => each.getKeyword() === keyword);
  const body = (each: Instruction): string => each.getArgumentsContent() ?? "";
  const stages = new Set(file.getFROMs().map((from) => from.getBuildStage()));
  const problems = validate(source).map(({ message }) =>
    typeof message === "string" ? message : message.value,
  );
  const tell = (bad: boolean, problem: string): void => void (bad && problems.push(problem));
  for (const from of file.getFROMs()) {
    const image = from.getImage() ?? "";
    tell(
      !image.startsWith("$") && !/[:@]/.test(image) && !stages.has(image),
      `DL3006 ${image} has no version`,
    );
    tell(image.endsWith(":latest"), `DL3007 ${image} is no version`);
  }
  tell(
    file.getARGs().some((arg) => arg.getProperty()?.getValue()?.endsWith(":latest") === true),
    "DL3007 an image is no version",
  );
  for (const run of of("RUN").map(body)) {
    tell(/apt-get install/.test(run) && !/apt-get install -y/.test(run), "DL3014 apt-get asks");
    tell(
      /apt-get install/.test(run) && !run.includes("--no-install-recommends"),
      "DL3015 recommended packages",
    );
    tell(/apt-get/.test(run) && !run.includes("rm -rf /var/lib/apt/lists"), "DL3009 lists of apt stay");
    tell(/\bsudo\b/.test(run), "DL3004 sudo");
    tell(/(^|[;&|]\s*)cd\s/.test(run), "DL3003 cd instead of WORKDIR");
    tell(/curl[^|]*\|\s*(ba)?sh/.test(run), "a script of the network is run");
  }
  tell(of("ADD").length > 0, "DL3020 ADD instead of COPY");
  tell(of("MAINTAINER").length > 0, "DL4000 MAINTAINER");
  for (const workdir of of("WORKDIR").map(body)) tell(!workdir.startsWith("/"), "DL3000 WORKDIR is relative");
  const last = all.slice(all.findLastIndex((each) => each.getKeyword() === "FROM"));
  const user = last.findLast((each) => each.getKeyword() === "USER");
  tell(user === undefined || /^(root|0)(:|$)/.test(body(user)), "DL3002 the last user is root");
  for (const keyword of ["HEALTHCHECK", "ENTRYPOINT", "LABEL", "STOPSIGNAL"])
    tell(!last.some((each) => each.getKeyword() === keyword), `there is no ${keyword}`);
  for (const keyword of ["ENTRYPOINT", "CMD"]) {
    for (const each of of(keyword)) tell(!body(each).startsWith("["), `DL3025 ${keyword} is run by a shell`);
  }
  tell(
    of("ENV").some((each) => /(PASSWORD|SECRET|TOKEN|KEY)\w*=/.test(body(each))),
    "a secret is in the image",
  );
  return problems;
}

test("the Dockerfile breaks no rule", () => {
  expect(lint(text)).toEqual([]);
});

test("the rules see what breaks them", () => {
  const bad = `FROM node:latest\nADD . /app\nWORKDIR app\nRUN apt-get update && apt-get install curl\nCMD node a.js\n`;
  expect(lint(bad).join("\n")).toMatch(
    /DL3007[\s\S]*DL3014[\s\S]*DL3009[\s\S]*DL3020[\s\S]*DL3000[\s\S]*DL3002[\s\S]*HEALTHCHECK[\s\S]*DL3025/,
  );
});

test("what is copied from the repository is there, and left out of nothing", () => {
  const ignored = readFileSync(join(ROOT, ".dockerignore"), "utf8");
  for (const copy of DockerfileParser.parse(text).getCOPYs()) {
    if (copy.getFlags().some((flag) => flag.getName() === "from")) continue;
    const sources = copy
      .getArguments()
      .slice(0, -1)
      .map((each) => each.getValue());
    for (const source of sources) expect(existsSync(join(ROOT, source)), source).toBe(true);
  }
  for (const secret of [".git", "**/.env", "**/node_modules", "**/.millrace"])
    expect(ignored.split("\n")).toContain(secret);
});

test("the image runs as nobody, by tini, with the project where Millrace looks", () => {
  const file = DockerfileParser.parse(text);
  expect(file.getENTRYPOINTs().at(-1)?.getArgumentsContent()).toMatch(/^\["\/usr\/bin\/tini", "--", "node"/);
  expect(file.getCMDs().at(-1)?.getArgumentsContent()).toBe('["up"]');
  expect(text).toMatch(/^USER 10001:10001$/m);
  expect(text).toMatch(/^VOLUME \["\/data"\]$/m);
});
