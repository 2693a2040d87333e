/** What an error means, apart from who asked. */
export type ErrorKind =
  | "unavailable"
  | "conflict"
  | "duplicate"
  | "full"
  | "readOnly"
  | "permission"
  | "row"
  | "mismatch"
  | "schema"
  | "failed";

/** What is known of an error of the server or the driver. */
export interface ErrorRule {
  readonly kind: ErrorKind;
  readonly hint?: string;
  /** The connection is gone with it. */
  readonly lost?: boolean;
}

const UNAVAILABLE: ErrorRule = {
  kind: "unavailable",
  hint: "Check that SQL Server is running and can be reached at this address.",
};
const LOST: ErrorRule = { ...UNAVAILABLE, lost: true };
const BUSY: ErrorRule = {
  kind: "unavailable",
  hint: "The server has too much to do: run less at once, or give the database a higher service tier.",
  lost: true,
};
const STARTING: ErrorRule = { kind: "unavailable", hint: "The database is starting or moving: try again." };
const MEMORY: ErrorRule = {
  kind: "unavailable",
  hint: "SQL Server ran out of memory: raise max server memory, or make commits smaller.",
};
const CONFLICT: ErrorRule = { kind: "conflict" };
const FULL: ErrorRule = {
  kind: "full",
  hint: "Give the database or its log more space (or back the log up), then run again.",
};
const READ_ONLY: ErrorRule = {
  kind: "readOnly",
  hint: "Connect to the primary replica, or set the database to READ_WRITE.",
};
const PERMISSION: ErrorRule = {
  kind: "permission",
  hint: "Grant the user what the message names, or connect as another user.",
};
const LOGIN: ErrorRule = {
  kind: "permission",
  hint: "Check user and password, and that the server allows this kind of login (SQL Server and Windows Authentication mode).",
};
const FIREWALL: ErrorRule = {
  kind: "permission",
  hint: "Add this machine's address to the firewall rules of the server.",
};
const ROW: ErrorRule = { kind: "row" };
const MISMATCH: ErrorRule = {
  kind: "mismatch",
  hint: "Somebody else changed the table, or other objects depend on the column: see the message, then run again.",
};

/** By the number of the error: see sys.messages. */
const BY_NUMBER: ReadonlyMap<number, ErrorRule> = new Map([
  ...each(LOST, [-2, 64, 121, 233, 6002, 6005, 10053, 10054, 10060, 17809, 17830, 18002]),
  ...each(
    STARTING,
    [904, 921, 922, 942, 945, 976, 983, 4221, 17142, 18401, 40197, 40613, 40020, 40143, 42108],
  ),
  ...each(STARTING, [42109]),
  ...each(BUSY, [10928, 10929, 10936, 40501, 40549, 40550, 40553, 49918, 49919, 49920]),
  ...each(MEMORY, [701, 802, 8645, 8651, 8657]),
  ...each(
    { kind: "unavailable", hint: "The database is in single-user mode, and somebody else is using it." },
    [924, 18461],
  ),
  ...each(
    {
      kind: "conflict",
      hint: "Two transactions waited for each other and this one gave way: it is tried again.",
    },
    [1205],
  ),
  ...each(
    { kind: "conflict", hint: "Another transaction holds the lock for too long: see sys.dm_tran_locks." },
    [1222],
  ),
  ...each(CONFLICT, [3960, 3961, 41301, 41302, 41305, 41325, 1204, 2714, 1913, 2759, 3726, 601, 5245]),
  ...each(
    {
      kind: "duplicate",
      hint: "Another writer inserted the same value, or the rows break a unique constraint of the table.",
    },
    [2601, 2627],
  ),
  ...each(FULL, [1101, 1105, 1132, 3257, 5149, 9002, 40544, 40551, 40552]),
  ...each(READ_ONLY, [978, 3906, 3908, 3909, 5063]),
  ...each(PERMISSION, [229, 230, 262, 297, 300, 378, 916, 1088, 2104, 2557, 2760, 4613, 10011, 15151, 15247]),
  ...each(LOGIN, [4062, 4064, 18452, 18456, 18470, 18486, 18487, 18488, 40532]),
  ...each(FIREWALL, [40615, 40914, 47073]),
  ...each(
    {
      kind: "failed",
      hint: "Create the database first, correct its name, or let the login use it (CREATE USER … FOR LOGIN …).",
    },
    [911, 4060],
  ),
  ...each(
    ROW,
    [220, 232, 235, 236, 241, 242, 245, 248, 295, 511, 515, 517, 535, 547, 8023, 8029, 8114, 8115],
  ),
  ...each(ROW, [2628, 4815, 4816, 4863, 4864, 4865, 8016, 8134, 8152, 8169, 9420, 13609]),
  ...each(
    {
      kind: "row",
      hint: "Keys take at most 1,700 bytes in SQL Server, some 850 characters: shorten the key, or hash it.",
    },
    [1946],
  ),
  ...each(
    MISMATCH,
    [
      205, 206, 207, 208, 213, 1753, 1769, 3701, 3723, 3725, 3727, 4902, 4922, 4924, 4928, 5074, 257, 260,
      4988,
    ],
  ),
  ...each({ kind: "schema", hint: "Tables of SQL Server have at most 1,024 columns." }, [1702]),
  ...each(
    { kind: "schema", hint: "Choose a type with a limit for the key: see the guide of SQL Server." },
    [1919],
  ),
]);

/** By what tedious or Node call it. */
const BY_CODE: ReadonlyMap<string, ErrorRule> = new Map<string, ErrorRule>(
  Object.entries({
    ESOCKET: LOST,
    ECLOSE: LOST,
    ECONNCLOSED: LOST,
    ECONNRESET: LOST,
    ECONNREFUSED: LOST,
    EPIPE: LOST,
    ETIMEDOUT: LOST,
    EHOSTUNREACH: LOST,
    ENETUNREACH: LOST,
    EAI_AGAIN: LOST,
    EINVALIDSTATE: LOST,
    ETIMEOUT: LOST,
    EABORT: CONFLICT,
    ECANCEL: { kind: "conflict", hint: "The statement was cancelled." },
    ENOTFOUND: { ...LOST, hint: "No server has this name: check the host." },
    EINSTLOOKUP: {
      ...LOST,
      hint: 'SQL Server Browser (UDP 1434) does not know the instance: check its name, or give its "port" instead.',
    },
    EENCRYPT: {
      kind: "failed",
      lost: true,
      hint: "Server and options disagree on encryption: see the option encrypt.",
    },
    ELOGIN: LOGIN,
    EFEDAUTH: LOGIN,
  }),
);

/** What the certificate check of TLS says. */
const CERTIFICATE =
  /self.?signed certificate|unable to (?:verify|get local issuer)|certificate has expired|altnames|DEPTH_ZERO|SELF_SIGNED/i;

/** What is known of an error; the number of the server's message tells more than the driver's code. */
export function ruleFor(error: {
  readonly number?: unknown;
  readonly code?: unknown;
  readonly class?: unknown;
  readonly message: string;
}): ErrorRule {
  if (CERTIFICATE.test(error.message)) {
    return {
      kind: "failed",
      lost: true,
      hint: "The server's certificate is not trusted here: install one that is, or set trustServerCertificate to true where the network is safe.",
    };
  }
  const known = typeof error.number === "number" ? BY_NUMBER.get(error.number) : undefined;
  // The server ends the connection after errors of class 20 and above.
  const fatal = typeof error.class === "number" && error.class >= 20;
  if (known !== undefined) return fatal ? { ...known, lost: true } : known;
  if (fatal) return LOST;
  // `EREQUEST` says only that the server answered with an error.
  return (typeof error.code === "string" ? BY_CODE.get(error.code) : undefined) ?? { kind: "failed" };
}

function each(rule: ErrorRule, numbers: readonly number[]): (readonly [number, ErrorRule])[] {
  return numbers.map((number) => [number, rule] as const);
}
