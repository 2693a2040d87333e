import { systemClock, type Clock } from "@millrace/core";
import type {
  Reading,
  ReaderContext,
  ReaderStatus,
  SamplingReader,
  Variable,
} from "../shared/sampling/index.ts";
import { parseModbusAddress, type ModbusTable } from "./address.ts";
import { BadAddresses } from "./bad-addresses.ts";
import { blockOf, blocksOf, type Block, type PlacedPoint } from "./blocks.ts";
import { ModbusConnection } from "./connection.ts";
import { decodeBit, decoderOf } from "./decode.ts";
import { ModbusException, ModbusFailure } from "./failure.ts";
import type { ModbusRequest } from "./frame/framing.ts";
import { RtuFraming } from "./frame/rtu-framing.ts";
import { TcpFraming } from "./frame/tcp-framing.ts";
import type { ResolvedModbusOptions } from "./options.ts";
import { UnitBreaker } from "./unit-breaker.ts";

const CODES: Readonly<Record<ModbusTable, ModbusRequest["code"]>> = {
  coil: 1,
  discrete: 2,
  holding: 3,
  input: 4,
};

interface Prepared {
  readonly points: readonly PlacedPoint[];
  blocks: readonly Block[];
  version: number;
}

const NOT_READ: Reading = { value: null, quality: "bad", code: "not-read" };

/** One reading, while it goes on. */
interface Reach {
  readonly readings: Reading[];
  readonly signal: AbortSignal;
}

/** Reads registers in as few requests as the device allows; what it refuses is found and left out, so that it spoils nothing else. */
export class ModbusReader implements SamplingReader {
  readonly name: string;
  readonly minIntervalMs?: number;
  readonly #o: ResolvedModbusOptions;
  readonly #prepared = new WeakMap<readonly Variable[], Prepared>();
  #clock: Clock = systemClock;
  #connection: ModbusConnection;
  #bad: BadAddresses;
  #breaker: UnitBreaker;
  #connects = 0;

  constructor(options: ResolvedModbusOptions) {
    this.#o = options;
    this.name = options.name;
    if (options.minIntervalMs !== undefined) this.minIntervalMs = options.minIntervalMs;
    this.#connection = this.#connect();
    this.#bad = new BadAddresses(this.#clock, options.retryBadMs);
    this.#breaker = new UnitBreaker(this.#clock);
  }

  check(variable: Variable): void {
    parseModbusAddress(variable);
  }

  open({ clock }: ReaderContext): void {
    this.#clock = clock;
    this.#connection = this.#connect();
    this.#bad = new BadAddresses(clock, this.#o.retryBadMs);
    this.#breaker = new UnitBreaker(clock);
  }

  async read(
    variables: readonly Variable[],
    { signal }: { readonly signal: AbortSignal },
  ): Promise<readonly Reading[]> {
    const prepared = this.#prepare(variables);
    const readings = new Array<Reading>(variables.length).fill(NOT_READ);
    const reach = { readings, signal };
    const failure = await this.#connection.ready().then(
      () => undefined,
      (error: unknown) => asFailure(error),
    );
    this.#breaker = this.#breakerOf(this.#connection.counts.connects);
    if (failure !== undefined) {
      fail(prepared.points, failure.code, reach);
      return readings;
    }
    await this.#blocks([...prepared.blocks, ...this.#suspects(prepared, reach)], reach);
    return readings;
  }

  status(): readonly ReaderStatus[] {
    const { state, counts, lastError } = this.#connection;
    const more = { badAddresses: this.#bad.size, unitsDown: this.#breaker.open };
    return [
      {
        location: `${this.#o.host}:${this.#o.port}`,
        state,
        counts: { ...counts, ...more },
        ...(lastError === undefined ? {} : { lastError }),
      },
    ];
  }

  close(): Promise<void> {
    this.#connection.close();
    return Promise.resolve();
  }

  #connect(): ModbusConnection {
    const framing = this.#o.framing === "tcp" ? new TcpFraming() : new RtuFraming();
    return new ModbusConnection({ ...this.#o, framing, clock: this.#clock });
  }

  /** Behind a new connection every unit may be well again. */
  #breakerOf(connects: number): UnitBreaker {
    if (connects === this.#connects) return this.#breaker;
    this.#connects = connects;
    return new UnitBreaker(this.#clock);
  }

  #prepare(variables: readonly Variable[]): Prepared {
    const known = this.#prepared.get(variables);
    if (known?.version === this.#bad.version) return known;
    const points =
      known?.points ??
      variables.map((variable, index) => {
        const point = parseModbusAddress(variable);
        return { index, unit: point.unit ?? this.#o.unit, point, decode: decoderOf(point, this.#o.order) };
      });
    const isSplit = this.#bad.isSplit.bind(this.#bad);
    const good = points.filter((point) => this.#bad.codeOf(point) === undefined);
    const prepared = { points, blocks: blocksOf(good, { ...this.#o, isSplit }), version: this.#bad.version };
    this.#prepared.set(variables, prepared);
    return prepared;
  }

  /** Points that were refused before: tried by themselves when it is time, and bad otherwise. */
  #suspects({ points }: Prepared, reach: Reach): Block[] {
    if (this.#bad.size === 0) return [];
    return points.flatMap((placed) => {
      const code = this.#bad.codeOf(placed);
      if (code === undefined) return [];
      fail([placed], code, reach);
      return this.#bad.isDue(placed) ? [blockOf([placed])] : [];
    });
  }

  /** A block is begun when it can be sent: only then it is known whether its unit still answers. */
  async #blocks(blocks: readonly Block[], reach: Reach): Promise<void> {
    const left = blocks.values();
    const work = async (): Promise<void> => {
      for (const block of left) await this.#block(block, reach);
    };
    await Promise.all(Array.from({ length: Math.min(this.#o.maxInFlight, blocks.length) }, work));
  }

  async #block(block: Block, reach: Reach): Promise<void> {
    const { unit, points } = block;
    if (reach.signal.aborted) return;
    if (!this.#breaker.mayAsk(unit)) return fail(points, "unit-down", reach);
    const wall = this.#clock.now();
    const begun = this.#clock.monotonic();
    try {
      const bytes = await this.#connection.request({ ...block, code: CODES[block.table] });
      this.#breaker.answered(unit);
      const readTime = wall + (this.#clock.monotonic() - begun) / 2;
      decodeBlock(block, bytes, readTime, reach);
      if (this.#bad.size > 0) for (const placed of points) this.#bad.remove(placed);
    } catch (error) {
      const failure = asFailure(error);
      if (failure.code === "timeout") this.#breaker.timedOut(unit);
      else if (failure instanceof ModbusException) this.#breaker.answered(unit);
      if (failure instanceof ModbusException && failure.isAddress) await this.#refused(block, failure, reach);
      else fail(points, failure.code, reach);
    }
  }

  /** Looks for what the device refuses, by halves. */
  async #refused(block: Block, failure: ModbusException, reach: Reach): Promise<void> {
    const { points, unit, table } = block;
    if (points.length === 1) {
      for (const placed of points) this.#bad.add(placed, failure.code);
      return fail(points, failure.code, reach);
    }
    const half = points.length >> 1;
    const before = this.#bad.version;
    await this.#block(blockOf(points.slice(0, half)), reach);
    await this.#block(blockOf(points.slice(half)), reach);
    const both = points.every(({ index }) => reach.readings[index]?.quality !== "bad");
    // Each half is well by itself: what lies between them is not.
    const first = points[half];
    if (both && this.#bad.version === before && first !== undefined)
      this.#bad.split(unit, table, first.point.offset);
  }
}

function decodeBlock(block: Block, bytes: Uint8Array, readTime: number, { readings }: Reach): void {
  if (block.table === "coil" || block.table === "discrete") {
    for (const { index, point } of block.points)
      readings[index] = { value: decodeBit(bytes, point.offset - block.offset), readTime };
    return;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const { index, point, decode } of block.points)
    readings[index] = decode(bytes, view, (point.offset - block.offset) * 2, readTime);
}

function fail(points: readonly PlacedPoint[], code: string, { readings }: Reach): void {
  for (const { index } of points) readings[index] = { value: null, quality: "bad", code };
}

function asFailure(error: unknown): ModbusFailure {
  return error instanceof ModbusFailure ? error : new ModbusFailure("failed", String(error));
}
