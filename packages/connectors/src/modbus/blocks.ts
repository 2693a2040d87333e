import type { ModbusPoint, ModbusTable } from "./address.ts";
import type { Decoder } from "./decode.ts";

/** A point with its place among the variables. */
export interface PlacedPoint {
  readonly index: number;
  readonly unit: number;
  readonly point: ModbusPoint;
  readonly decode: Decoder;
}

/** Points that are read by one request. */
export interface Block {
  readonly unit: number;
  readonly table: ModbusTable;
  readonly offset: number;
  /** Registers or bits. */
  readonly count: number;
  readonly points: readonly PlacedPoint[];
}

/** What lies between two points; nothing where they are neighbours. */
export interface Gap {
  readonly unit: number;
  readonly table: ModbusTable;
  /** The first that belongs to it. */
  readonly end: number;
  /** The first that does not. */
  readonly offset: number;
}

/** What a device can do. */
export interface BlockLimits {
  readonly maxRegisters: number;
  readonly maxBits: number;
  /** Registers (or 16 bits each) that may be read along because they lie between two that are wanted. */
  readonly maxGap: number;
  /** Whether no block may reach over the gap from `end` to the point that begins at `offset`. */
  readonly isSplit: (gap: Gap) => boolean;
}

/** Puts points that lie near each other into one block. */
export function blocksOf(points: readonly PlacedPoint[], limits: BlockLimits): Block[] {
  const groups = Map.groupBy(points, ({ unit, point }) => `${unit} ${point.table}`);
  return [...groups.values()].flatMap((group) => {
    const sorted = group.toSorted(
      (a, b) => a.point.offset - b.point.offset || a.point.length - b.point.length,
    );
    const blocks: PlacedPoint[][] = [];
    let from = 0;
    let end = 0;
    for (const placed of sorted) {
      const { unit, point } = placed;
      const bits = point.table === "coil" || point.table === "discrete";
      const gap = point.offset - end;
      const last = Math.max(end, point.offset + point.length);
      const fits =
        last - from <= (bits ? limits.maxBits : limits.maxRegisters) &&
        gap <= limits.maxGap * (bits ? 16 : 1);
      const current = blocks.at(-1);
      if (
        current === undefined ||
        !fits ||
        limits.isSplit({ unit, table: point.table, end, offset: point.offset })
      ) {
        blocks.push([placed]);
        from = point.offset;
        end = point.offset + point.length;
      } else {
        current.push(placed);
        end = last;
      }
    }
    return blocks.map(blockOf);
  });
}

/** One block of points that are in order. */
export function blockOf(points: readonly PlacedPoint[]): Block {
  const [first] = points as [PlacedPoint, ...PlacedPoint[]];
  const end = Math.max(...points.map(({ point }) => point.offset + point.length));
  const { offset, table } = first.point;
  return { unit: first.unit, table, offset, count: end - offset, points };
}
