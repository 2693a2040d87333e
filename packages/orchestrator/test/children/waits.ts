import { appendFileSync } from "node:fs";

/** A process that is kept ready; where the project's folder is a file, it notes there that it ends instead. */
process.on("message", (message: { readonly type: string; readonly root: string }) => {
  if (message.type !== "prepare") return;
  if (message.root.endsWith("exits")) {
    appendFileSync(message.root, "x");
    process.exit(3);
  }
  process.send?.({ type: "prepared" });
});
process.send?.({ type: "ready" });
