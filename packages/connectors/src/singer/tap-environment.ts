/** What programs need to run at all, to find their certificates and to speak the user's language; never credentials. */
const HANDED_ON: readonly string[] = [
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "SHELL",
  "LANG",
  "LANGUAGE",
  "LC_ALL",
  "LC_CTYPE",
  "TZ",
  "TMPDIR",
  "TEMP",
  "TMP",
  "VIRTUAL_ENV",
  "PYENV_ROOT",
  "PYENV_VERSION",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "REQUESTS_CA_BUNDLE",
  "CURL_CA_BUNDLE",
  // Windows.
  "PATHEXT",
  "COMSPEC",
  "SYSTEMROOT",
  "SYSTEMDRIVE",
  "WINDIR",
  "USERPROFILE",
  "APPDATA",
  "LOCALAPPDATA",
  "PROGRAMDATA",
  "PROGRAMFILES",
];

/** The environment of a tap: what every program needs, the variables named, and those given; nothing else of this process. */
export function tapEnvironment(
  inherited: readonly string[],
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  // oxlint-disable-next-line node/no-process-env -- a child needs a part of it to run at all, and is given no more than that
  const own = process.env;
  const environment: Record<string, string> = { PYTHONIOENCODING: "utf-8" };
  for (const name of [...HANDED_ON, ...inherited]) {
    const value = own[name];
    if (value !== undefined) environment[name] = value;
  }
  return { ...environment, ...given };
}
