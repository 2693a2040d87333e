import { statfs } from "node:fs/promises";
import { totalmem } from "node:os";

const MIB = 1024 * 1024;

/** The file in the data folder that holds our settings; the server reads it after its own postgresql.conf. */
export const CONFIGURATION_FILE = "millrace.conf";

/** Text of the server's configuration for this machine. */
export async function configuration(port: number): Promise<string> {
  const memory = availableMemory();
  const settings: Record<string, string | number> = {
    listen_addresses: "127.0.0.1",
    port,
    // Password over TCP is the only way in, the same on every system.
    unix_socket_directories: "",
    max_connections: 100,
    shared_buffers: `${clamp(memory / 8, 64, 512)}MB`,
    effective_cache_size: `${clamp(memory / 2, 256, 16_384)}MB`,
    maintenance_work_mem: `${clamp(memory / 16, 64, 512)}MB`,
    work_mem: "16MB",
    // Loads write far more than the default 1 GB of WAL between checkpoints.
    max_wal_size: "2GB",
    min_wal_size: "128MB",
    checkpoint_timeout: "15min",
    // No replicas: a table filled in the transaction that created it needs no WAL.
    wal_level: "minimal",
    max_wal_senders: 0,
    // PostgreSQL's default begins with the schema of the role's name, which is the one that Millrace keeps its books in.
    search_path: "public",
    max_locks_per_transaction: 256,
    jit: "off",
    timezone: "UTC",
    log_timezone: "UTC",
    lc_messages: "C",
    log_min_messages: "warning",
    log_checkpoints: "off",
    // Statements hold the user's data, and perhaps passwords.
    log_min_error_statement: "panic",
    log_parameter_max_length_on_error: 0,
  };
  // Ends the statements and locks of a client that vanished; not every system can tell.
  if (process.platform === "linux" || process.platform === "darwin") {
    settings["client_connection_check_interval"] = "200ms";
  }
  const shared = await sharedMemoryType();
  if (shared !== undefined) settings["dynamic_shared_memory_type"] = shared;
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'`);
  return `# Written by Millrace at each start. Put settings of your own into postgresql.auto.conf (ALTER SYSTEM).\n${lines.join("\n")}\n`;
}

/** Memory in MiB that this process may use: the machine's, or the container's limit. */
function availableMemory(): number {
  const limit = process.constrainedMemory();
  const total = totalmem();
  return (limit > 0 && limit < total ? limit : total) / MIB;
}

function clamp(value: number, low: number, high: number): number {
  return Math.round(Math.min(high, Math.max(low, value)));
}

/** Containers often have 64 MB in /dev/shm, on which parallel queries fail; System V memory has no such limit. */
async function sharedMemoryType(): Promise<string | undefined> {
  if (process.platform !== "linux") return undefined;
  const shm = await statfs("/dev/shm").catch(() => undefined);
  return shm === undefined || shm.blocks * shm.bsize < 512 * MIB ? "sysv" : undefined;
}
