import { controlPool } from "../../../../store/control-connection.ts";
import { DatabaseSink } from "./database-sink.ts";

/** The sink with connections of its own, made when they are needed. */
export function openDatabaseSink(url: string): DatabaseSink {
  return new DatabaseSink(controlPool(url), true);
}
