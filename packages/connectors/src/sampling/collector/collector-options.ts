import type { Clock } from "@millrace/core";
import type { ReaderContext, SamplingReader, SamplingWriter } from "../../shared/sampling/index.ts";
import type { SamplingRepository } from "../plan/repository.ts";
import type { SamplingListener } from "./listener.ts";

/** Where a collector says what happens. */
export type SamplingLogger = (level: "debug" | "info" | "warn", message: string) => void;

/** What a collector is made of. */
export interface SamplingCollectorOptions {
  /** What can read variables; their names differ. */
  readonly readers: readonly SamplingReader[];
  /** Where samples go. Default: nowhere but to listeners. */
  readonly writers?: readonly SamplingWriter[];
  /** Is told what happens. Default: nobody. */
  readonly logger?: SamplingLogger;
  /** Where contexts and plans are found that are named by their ids. Default: there are none. */
  readonly repository?: SamplingRepository;
  /** Are told what it does. Default: none; more can be added with `listen`. */
  readonly listeners?: readonly SamplingListener[];
  /** Reads each variable at every tick of the greatest common divisor of its intervals, also where no context is due. Default false. */
  readonly everyTick?: boolean;
  /** Milliseconds after which a reading is given up and its variables are bad. Default 30,000. */
  readonly readTimeoutMs?: number;
  /** Samples that may wait for each writer; beyond it the oldest are given up. Default 1,000,000. */
  readonly queueSamples?: number;
  /** The project's folder: relative paths of readers and writers start here. Default: the current folder. */
  readonly directory?: string;
  /** What readers may use besides, such as databases and secrets. Default: nothing. */
  readonly access?: Partial<Pick<ReaderContext, "database" | "secret" | "setting">>;
  /** Where time comes from. Default: the machine's clock. */
  readonly clock?: Clock;
}
