import { enableCompileCache } from "node:module";
import type { FromReader, ToReader } from "./protocol.ts";

// Before anything else is loaded, so that all of it is kept compiled for the next process.
enableCompileCache();

const { watchParent } = await import("../run-process/watch-parent.ts");
watchParent();
const { maskOutput } = await import("../output/mask-output.ts");
maskOutput([process.stdout, process.stderr]);
const { asMillraceError, redactor } = await import("@millrace/core");
const { answer } = await import("./answer.ts");
const { openPlaces } = await import("./places.ts");
type Places = Awaited<ReturnType<typeof openPlaces>>;

let places: Promise<Places> | undefined;

const send = (message: FromReader): void => {
  if (process.connected) process.send?.(redactor.value(message), undefined, undefined, () => undefined);
};

// A key that was pressed in the terminal reaches the whole group; whoever started this process ends it.
process.on("SIGINT", () => undefined);
process.on("uncaughtException", (error) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
process.on("disconnect", () => process.exit(0));
process.on("message", (message: ToReader) => {
  if (message.type === "open") {
    places = openPlaces(message.project);
    // Told with each question.
    places.catch(() => undefined);
  } else void reply(message);
});

async function reply({ number, question }: Extract<ToReader, { type: "ask" }>): Promise<void> {
  try {
    if (places === undefined) throw new Error("a question came before the project");
    send({ type: "answer", number, answer: await answer(await places, question) });
  } catch (caught) {
    const { code, message, hint, details } = asMillraceError(caught, "MLR_INTERNAL").toJSON();
    // What is no error of ours is for the log alone.
    if (code === "MLR_INTERNAL")
      process.stderr.write(`${caught instanceof Error ? caught.stack : String(caught)}\n`);
    send({ type: "failure", number, error: { code, message, hint, details } });
  }
}
