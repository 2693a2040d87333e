// A small Singer tap: describes its streams with --discover, and otherwise writes them as messages, one a line.
// It reads `stations` whole each time, and of `readings` only what is newer than its state.
import { readFileSync } from "node:fs";

const flag = (name) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : JSON.parse(readFileSync(process.argv[at + 1], "utf8"));
};
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

const text = { type: ["null", "string"] };
const STREAMS = {
  stations: {
    key: ["id"],
    properties: { id: { type: "string" }, name: text, height: { type: ["null", "integer"] } },
  },
  readings: {
    key: ["station", "at"],
    properties: {
      station: { type: "string" },
      at: { type: "string", format: "date-time" },
      celsius: { type: ["null", "number"] },
    },
  },
  notices: { key: ["id"], properties: { id: { type: "integer" }, text } },
};

const config = flag("--config") ?? {};
if (process.argv.includes("--discover")) {
  const streams = Object.entries(STREAMS).map(([stream, { key, properties }]) => ({
    tap_stream_id: stream,
    stream,
    schema: { type: "object", properties },
    metadata: [{ breadcrumb: [], metadata: { inclusion: "available", "table-key-properties": key } }],
  }));
  say({ streams });
} else {
  process.stderr.write(`INFO reading the network ${config.network}\n`);
  const selected = (flag("--catalog")?.streams ?? []).filter((each) =>
    each.metadata.some(({ breadcrumb, metadata }) => breadcrumb.length === 0 && metadata.selected),
  );
  const state = flag("--state") ?? {};
  for (const { stream } of selected) {
    const { key, properties } = STREAMS[stream];
    say({ type: "SCHEMA", stream, schema: { type: "object", properties }, key_properties: key });
    if (stream === "stations") stations(Date.now());
    if (stream === "readings") readings(state);
  }
}

function stations(version) {
  const all = [
    { id: "ALP", name: "Alpspitze", height: 2628 },
    { id: "BRO", name: "Brocken", height: 1141 },
    { id: "CHM", name: "Chemnitz", height: 420 },
  ];
  for (const record of all) say({ type: "RECORD", stream: "stations", record, version });
  // All of this version has come: stations that are not among them are gone.
  say({ type: "ACTIVATE_VERSION", stream: "stations", version });
}

function readings(state) {
  let last = state.readings ?? "2026-01-01T00:00:00Z";
  for (const [hour, celsius] of [-7.25, -6.5, -4.75].entries()) {
    const at = `2026-01-02T0${hour}:00:00Z`;
    if (at <= last) continue;
    for (const station of ["ALP", "BRO"])
      say({ type: "RECORD", stream: "readings", record: { station, at, celsius } });
    last = at;
    say({ type: "STATE", value: { ...state, readings: last } });
  }
}
