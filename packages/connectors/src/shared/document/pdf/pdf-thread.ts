import { parentPort, workerData } from "node:worker_threads";
import { PdfReader } from "./pdf-reader.ts";
import type { PdfAnswers, PdfReply, PdfRequest, PdfWork } from "./pdf-messages.ts";
import { failureOf } from "./pdf-failure.ts";

// A page that never ends, or one that eats all memory, ends with this thread instead of the run.
const reader = new PdfReader(workerData as PdfWork);

async function answer(request: PdfRequest): Promise<PdfAnswers[keyof PdfAnswers]> {
  if (request.ask === "open") return reader.facts();
  if (request.ask === "page") return reader.page(request.page, request.layout);
  if (request.ask === "image") return reader.image(request.page, request.dpi);
  return reader.attachments();
}

async function serve(request: PdfRequest): Promise<void> {
  let reply: PdfReply;
  try {
    reply = { id: request.id, answer: await answer(request) };
  } catch (error) {
    reply = { id: request.id, failure: failureOf(error) };
  }
  parentPort?.postMessage(reply);
}

// One at a time: a page's memory is free before the next one takes its own.
let working: Promise<void> = Promise.resolve();
parentPort?.on("message", (request: PdfRequest) => {
  working = working.then(() => serve(request));
});
