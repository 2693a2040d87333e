import { writeOn, type WriterOrders } from "./writer.ts";

await writeOn(JSON.parse(process.argv[2] ?? "{}") as WriterOrders);
