import { portNumber } from "../arguments.ts";
import type { CommandSetup } from "../cli-context.ts";
import { examples } from "../program.ts";
import { serve } from "../serve/serve.ts";

/** What `millrace ingest` may be told. */
interface IngestFlags {
  readonly port?: number;
  readonly grpcPort?: number;
  readonly host?: string;
}

/** `millrace ingest`: takes rows that programs push by REST and gRPC. */
export const ingest: CommandSetup = (command, cli) => {
  command
    .option(
      "--port <number>",
      "port of REST, Connect and gRPC-Web (default: 8090 or the next free)",
      portNumber,
    )
    .option(
      "--grpc-port <number>",
      "port of gRPC without TLS, 0: none (default: 8091 or the next free)",
      portNumber,
    )
    .option("--host <address>", "address that it listens on (default: 127.0.0.1, this machine only)")
    .addHelpText("after", examples(["ingest", "ingest --host 0.0.0.0 --port 8443"]))
    .action(({ port, grpcPort, host }: IngestFlags) =>
      serve(
        cli,
        { registers: true, schedules: false, ingests: "now" },
        {
          ...(port === undefined ? {} : { ingestPort: port }),
          ...(grpcPort === undefined ? {} : { ingestGrpcPort: grpcPort }),
          ...(host === undefined ? {} : { ingestHost: host }),
        },
      ),
    );
};
