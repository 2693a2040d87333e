/** Name of the sink that `millrace logs` reads. */
export const DATABASE_SINK = "database";

/** Who follows a run listens here: the payload names runs with new lines, or is `*`. */
export const LOGS_CHANNEL = "millrace_logs";
