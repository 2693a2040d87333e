/** What a unit is made of. */
export interface UnitOptions {
  readonly app: string;
  /** The folder of the deployed project, absolute. */
  readonly base: string;
  /** A unit of the system, which root keeps; otherwise one of the user. */
  readonly system: boolean;
  /** Runs at the same time. */
  readonly slots: number;
}

/** The systemd unit that keeps a deployed project going. */
export function unitText({ app, base, system, slots }: UnitOptions): string {
  return `# Written by millrace deploy, which writes it anew each time.
[Unit]
Description=Millrace: ${app.replaceAll("%", "%%")}
${system ? "Wants=network-online.target\nAfter=network-online.target\n" : ""}StartLimitIntervalSec=300
StartLimitBurst=10

[Service]
Type=simple
ExecStart=${unitQuote(`${base}/bin/millrace`)} up --slots ${slots}
WorkingDirectory=${pathText(base)}
Restart=on-failure
RestartSec=5
# The first signal lets runs end; the embedded PostgreSQL goes on for whoever reads the data.
KillSignal=SIGTERM
KillMode=process
TimeoutStopSec=120
NoNewPrivileges=yes
UMask=0077
${system ? "PrivateTmp=yes\nProtectSystem=full\nProtectKernelTunables=yes\nProtectControlGroups=yes\n" : ""}
[Install]
WantedBy=${system ? "multi-user.target" : "default.target"}
`;
}

/** A word of a command line, in which `%` and `$` mean something to systemd. */
function unitQuote(text: string): string {
  const plain = text.replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /^[\w@+=:,./%$-]+$/.test(plain)
    ? plain
    : `"${plain.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

function pathText(text: string): string {
  return text.replaceAll("%", "%%");
}
