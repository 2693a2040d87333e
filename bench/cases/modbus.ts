import { fork, type ChildProcess } from "node:child_process";
import { connect } from "node:net";
import { modbus } from "@millrace/connectors/modbus";
import type { Variable } from "@millrace/connectors/sampling";
import { round, type Measured } from "../lib/result.ts";
import { interleave } from "../lib/rounds.ts";

const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 1_000);
const REGISTERS = 1_000;
const PER_REQUEST = 125;

/** Reading a thousand registers of a device in another process: grouped, one by one, and by a bare socket with the same frames. */
export async function measure(): Promise<Measured[]> {
  const { device, port } = await startDevice();
  const variables: Variable[] = Array.from({ length: REGISTERS }, (_, id) => ({
    id,
    address: `holding:${id}`,
    type: "uint16",
    reader: "modbus",
    tags: [],
  }));
  const options = { signal: new AbortController().signal, connection: "" };
  const grouped = modbus({ host: "127.0.0.1", port });
  const single = modbus({ host: "127.0.0.1", port, maxRegisters: 1 });
  const read = async (reader: ReturnType<typeof modbus>, rounds: number): Promise<void> => {
    for (let each = 0; each < rounds; each += 1) {
      const readings = await reader.read(variables, options);
      if (readings[999]?.value !== 999) throw new Error("the device was not read");
    }
  };
  const seconds = await interleave(
    [
      { name: "grouped", prepare: () => Promise.resolve(), work: () => read(grouped, ROUNDS) },
      { name: "bare", prepare: () => Promise.resolve(), work: () => bare(port, ROUNDS) },
      {
        name: "single",
        prepare: () => Promise.resolve(),
        work: () => read(single, Math.max(1, ROUNDS / 10)),
      },
    ],
    5,
  );
  await grouped.close?.();
  await single.close?.();
  device.kill();
  const { grouped: own = 0, bare: socket = 0, single: each = 0 } = seconds;
  const perRound = each / Math.max(1, ROUNDS / 10);
  const peakMemoryMb = round(process.resourceUsage().maxRSS / 1024, 0);
  return [
    {
      name: "modbus grouped",
      work: `${ROUNDS} readings of ${REGISTERS} registers, seconds, against single reads of the same`,
      ours: own,
      ratio: round((perRound * ROUNDS) / own),
      goal: ">= 20",
      peers: { "one register per request": round(perRound * ROUNDS, 3) },
      peakMemoryMb,
    },
    {
      name: "modbus overhead",
      work: `${ROUNDS} readings of ${REGISTERS} registers, seconds, against a bare socket with the same frames`,
      ours: own,
      ratio: round(socket / own),
      goal: ">= 0.8",
      peers: { "bare socket": socket },
      peakMemoryMb,
    },
  ];
}

async function startDevice(): Promise<{ readonly device: ChildProcess; readonly port: number }> {
  const device = fork(new URL("../lib/modbus-child.ts", import.meta.url), { stdio: "inherit" });
  const port = await new Promise<number>((resolve) =>
    device.once("message", (message) => resolve(Number(message))),
  );
  return { device, port };
}

/** Sends the same eight requests and takes each answer apart into numbers. */
async function bare(port: number, rounds: number): Promise<void> {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  await new Promise((resolve) => socket.once("connect", resolve));
  let answered = Promise.withResolvers<Buffer>();
  let rest = Buffer.alloc(0);
  socket.on("data", (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    if (rest.length >= 6 && rest.length >= 6 + rest.readUInt16BE(4)) {
      const whole = rest;
      rest = Buffer.alloc(0);
      answered.resolve(whole);
    }
  });
  for (let each = 0; each < rounds; each += 1) {
    const values = new Array<number>(REGISTERS);
    for (let offset = 0; offset < REGISTERS; offset += PER_REQUEST) {
      answered = Promise.withResolvers<Buffer>();
      const frame = Buffer.from([0, 1, 0, 0, 0, 6, 1, 3, offset >> 8, offset & 255, 0, PER_REQUEST]);
      socket.write(frame);
      const answer = await answered.promise;
      for (let index = 0; index < PER_REQUEST; index += 1)
        values[offset + index] = answer.readUInt16BE(9 + index * 2);
    }
    if (values[999] !== 999) throw new Error("the device was not read");
  }
  socket.destroy();
}
