import { notes, runIn } from "./run-objects.ts";

const [folder = "", step = "", time = "1"] = process.argv.slice(2);
let left = Number(time);

// The process ends as if its machine had lost power, the given time that it comes to the step.
await runIn(
  folder,
  "notes",
  notes(folder, async (each) => {
    if (each === step && --left === 0) process.kill(process.pid, "SIGKILL");
  }),
);
