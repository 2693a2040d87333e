/**
 * What runs on the machine that is deployed to: POSIX shell, with the variables that each names. `BASE` is the folder of the
 * project there, `RELEASE` one below `BASE/releases`.
 */

/** What the machine is and has, as `name=value`. Needs BASE, which may be relative to the home folder, and APP. */
export const PROBE = `
case "$BASE" in
  /*) ;;
  *) BASE="$HOME/$BASE" ;;
esac
has() { command -v "$1" >/dev/null 2>&1; }
echo "base=$BASE"
echo "platform=$(uname -s | tr '[:upper:]' '[:lower:]')"
echo "machine=$(uname -m)"
echo "uid=$(id -u)"
echo "home=$HOME"
if has tar; then echo "tar=yes"; fi
if has rsync; then echo "rsync=yes"; fi
if has crontab; then echo "crontab=yes"; fi
zone="$(cat /etc/timezone 2>/dev/null || readlink /etc/localtime 2>/dev/null | sed 's|.*/zoneinfo/||' || true)"
echo "zone=\${TZ:-\${zone:-UTC}}"
if has systemctl; then
  if [ "$(id -u)" = 0 ]; then
    if [ -d /run/systemd/system ]; then echo "systemd=yes"; fi
  else
    XDG_RUNTIME_DIR="\${XDG_RUNTIME_DIR:-/run/user/$(id -u)}"
    export XDG_RUNTIME_DIR
    if systemctl --user show-environment >/dev/null 2>&1; then echo "systemd=yes"; fi
  fi
fi
if [ -L "$BASE/current" ]; then echo "current=$(basename "$(readlink "$BASE/current")")"; fi
if [ -d "$BASE/releases" ]; then
  for each in "$BASE"/releases/*; do
    if [ -f "$each/.deploy/complete" ]; then echo "release=$(basename "$each")"; fi
  done
fi
echo "runtime=$(cat "$BASE/runtime/VERSION" 2>/dev/null || true)"
`;

/** Makes the folders and takes the lock; ends with 75 where somebody else has it. Needs BASE, APP, WHO. */
export const PREPARE = `
umask 077
mkdir -p "$BASE"
if ! mkdir "$BASE/deploy.lock" 2>/dev/null; then
  cat "$BASE/deploy.lock/by" 2>/dev/null || true
  exit 75
fi
printf '%s\\n' "$WHO" >"$BASE/deploy.lock/by"
mkdir -p "$BASE/releases" "$BASE/shared/data" "$BASE/logs" "$BASE/bin" "$BASE/runtime"
`;

/** Needs BASE. */
export const UNLOCK = `rm -rf "$BASE/deploy.lock"`;

/**
 * The settings that every release shares: where data goes, and a master password that opens the stored secrets without anybody
 * there. What is there already stays. Needs BASE, SETTINGS: the text of a \`.env\` that replaces it, or nothing.
 */
export const ENSURE_SETTINGS = `
umask 077
file="$BASE/shared/.env"
if [ -n "$SETTINGS" ]; then
  printf '%s\\n' "$SETTINGS" >"$file.new"
  mv -f "$file.new" "$file"
fi
[ -f "$file" ] || : >"$file"
if [ -n "$(tail -c 1 "$file")" ]; then echo >>"$file"; fi
grep -q '^MILLRACE_DATA_DIR=' "$file" || printf 'MILLRACE_DATA_DIR="%s"\\n' "$BASE/shared/data" >>"$file"
if ! grep -q '^MILLRACE_MASTER_PASSWORD' "$file"; then
  if [ ! -s "$BASE/shared/master-password" ]; then
    od -An -N32 -tx1 /dev/urandom | tr -d ' \\n' >"$BASE/shared/master-password"
  fi
  printf 'MILLRACE_MASTER_PASSWORD_FILE="%s"\\n' "$BASE/shared/master-password" >>"$file"
fi
chmod 600 "$file"
`;

/** Stops what runs and removes releases and dependencies, never \`shared\` and \`logs\`. Needs BASE, APP. */
export const CLEAN = `
unit="millrace-$APP.service"
if command -v systemctl >/dev/null 2>&1; then
  XDG_RUNTIME_DIR="\${XDG_RUNTIME_DIR:-/run/user/$(id -u)}"
  export XDG_RUNTIME_DIR
  if [ "$(id -u)" = 0 ]; then scope=; else scope=--user; fi
  systemctl $scope stop "$unit" >/dev/null 2>&1 || true
fi
if [ -x "$BASE/bin/millrace" ] && [ -d "$BASE/current/" ]; then
  # The embedded PostgreSQL runs programs of the release that is removed.
  "$BASE/bin/millrace" db stop >/dev/null 2>&1 || true
fi
rm -rf "$BASE/current" "$BASE/releases" "$BASE/runtime"
mkdir -p "$BASE/releases" "$BASE/runtime"
`;

/** Unpacks a gzipped tar archive from the standard input into DIR, without its outermost folder. */
export const UNPACK_PACKAGE = `
rm -rf "$DIR.new"
mkdir -p "$DIR.new"
tar -xzf - -C "$DIR.new" --strip-components=1
rm -rf "$DIR"
mv "$DIR.new" "$DIR"
`;

/** Puts Node, npm and the program that runs the current release on their places. Needs BASE, VERSION. */
export const LINK_RUNTIME = `
mkdir -p "$BASE/runtime/bin"
chmod 755 "$BASE/runtime/node/bin/node"
ln -sf ../node/bin/node "$BASE/runtime/bin/node"
chmod 755 "$BASE/runtime/npm/bin/npm-cli.js" "$BASE/runtime/npm/bin/npx-cli.js"
ln -sf ../npm/bin/npm-cli.js "$BASE/runtime/bin/npm"
ln -sf ../npm/bin/npx-cli.js "$BASE/runtime/bin/npx"
"$BASE/runtime/bin/node" --version >/dev/null
printf '%s\\n' "$VERSION" >"$BASE/runtime/VERSION"
`;

/** Writes \`bin/millrace\`. Needs BASE, QUOTED: BASE as a word of the shell. */
export const WRITE_PROGRAM = `
cat >"$BASE/bin/millrace.new" <<END
#!/bin/sh
# Runs Millrace of the release that is current. Written by millrace deploy.
base=$QUOTED
PATH="\\$base/runtime/bin:\\$PATH"
export PATH
exec node "\\$base/current/node_modules/millrace/bin/millrace.js" --project "\\$base/current" "\\$@"
END
chmod 755 "$BASE/bin/millrace.new"
mv -f "$BASE/bin/millrace.new" "$BASE/bin/millrace"
`;

/** Production dependencies; those of the release before where the lock file is the same. Needs BASE, RELEASE, PREVIOUS. */
export const INSTALL = `
PATH="$BASE/runtime/bin:$PATH"
export PATH
cd "$BASE/releases/$RELEASE"
ln -sfn "$BASE/shared/.env" .env
before="$BASE/releases/$PREVIOUS"
if [ -n "$PREVIOUS" ] && [ -f package-lock.json ] && [ -d "$before/node_modules" ] &&
  cmp -s package.json "$before/package.json" && cmp -s package-lock.json "$before/package-lock.json"; then
  rm -rf node_modules
  cp -Rl "$before/node_modules" . 2>/dev/null || { rm -rf node_modules; cp -RP "$before/node_modules" .; }
  echo "as before"
elif [ -f package-lock.json ]; then
  npm ci --omit=dev --no-audit --no-fund --no-update-notifier 2>&1
else
  npm install --omit=dev --no-audit --no-fund --no-update-notifier --no-package-lock 2>&1
fi
[ -f node_modules/millrace/bin/millrace.js ] || {
  echo "millrace is not among the dependencies of package.json" >&2
  exit 1
}
`;

/** Runs Millrace of a release that is not current yet. Needs BASE, RELEASE; its arguments follow. */
export const MILLRACE = `PATH="$BASE/runtime/bin:$PATH"
export PATH
cd "$BASE/releases/$RELEASE"
exec node node_modules/millrace/bin/millrace.js --project . `;

/** Makes the database that CLICKHOUSE_DATABASE names, where the settings name one. Needs BASE, PROGRAM. */
export const CLICKHOUSE = `
PATH="$BASE/runtime/bin:$PATH"
export PATH
grep -q '^CLICKHOUSE_DATABASE=.' "$BASE/shared/.env" || exit 0
node --input-type=module -e "$PROGRAM" "$BASE/shared/.env"
`;

/** For Node: the file of the settings is its argument. Says the name of the database. */
export const CLICKHOUSE_PROGRAM = `
import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
const settings = { ...parseEnv(readFileSync(process.argv[1], "utf8")), ...process.env };
const { CLICKHOUSE_HOST: host = "localhost", CLICKHOUSE_PORT: port = "8123", CLICKHOUSE_USER: user = "default" } = settings;
const name = settings.CLICKHOUSE_DATABASE;
const quoted = "\\u0060" + name.replaceAll("\\\\", "\\\\\\\\").replaceAll("\\u0060", "\\\\\\u0060") + "\\u0060";
const answer = await fetch((port === "8443" ? "https" : "http") + "://" + host + ":" + port + "/", {
  method: "POST",
  headers: { "X-ClickHouse-User": user, "X-ClickHouse-Key": settings.CLICKHOUSE_PASSWORD ?? "" },
  body: "CREATE DATABASE IF NOT EXISTS " + quoted,
});
if (!answer.ok) throw new Error("ClickHouse answered " + answer.status + ": " + (await answer.text()).slice(0, 500));
console.log(name);
`;

/**
 * Makes a release the current one, in one step for whoever looks, and starts what it has in \`.deploy\`: a unit or lines of
 * crontab. Needs BASE, RELEASE, APP.
 */
export const ACTIVATE = `
release="$BASE/releases/$RELEASE"
ln -sfn "releases/$RELEASE" "$BASE/current.new"
mv -Tf "$BASE/current.new" "$BASE/current" 2>/dev/null || {
  rm -f "$BASE/current"
  mv -f "$BASE/current.new" "$BASE/current"
}
unit="millrace-$APP.service"
begin="# BEGIN millrace $APP"
end="# END millrace $APP"
if command -v crontab >/dev/null 2>&1; then
  old="$(crontab -l 2>/dev/null || true)"
  kept="$(printf '%s\\n' "$old" | awk -v begin="$begin" -v end="$end" '$0 == begin { skip = 1 } !skip { print } $0 == end { skip = 0 }')"
  if [ -f "$release/.deploy/crontab" ]; then
    { [ -z "$kept" ] || printf '%s\\n' "$kept"; echo "$begin"; cat "$release/.deploy/crontab"; echo "$end"; } | crontab -
  elif [ "$kept" != "$old" ]; then
    printf '%s\\n' "$kept" | crontab -
  fi
fi
if [ -f "$release/.deploy/unit" ]; then
  if [ "$(id -u)" = 0 ]; then
    scope=
    folder=/etc/systemd/system
  else
    scope=--user
    folder="$HOME/.config/systemd/user"
    XDG_RUNTIME_DIR="\${XDG_RUNTIME_DIR:-/run/user/$(id -u)}"
    export XDG_RUNTIME_DIR
    # Otherwise the units end when the last session of the user does.
    loginctl enable-linger >/dev/null 2>&1 || echo "warning=units of the user end with its last session: let root run 'loginctl enable-linger $(id -un)'"
  fi
  mkdir -p "$folder"
  cp "$release/.deploy/unit" "$folder/$unit"
  systemctl $scope daemon-reload
  systemctl $scope enable "$unit" >/dev/null 2>&1
  systemctl $scope restart "$unit"
elif command -v systemctl >/dev/null 2>&1; then
  # What an earlier release had there.
  if [ "$(id -u)" = 0 ]; then scope=; else scope=--user; fi
  XDG_RUNTIME_DIR="\${XDG_RUNTIME_DIR:-/run/user/$(id -u)}"
  export XDG_RUNTIME_DIR
  systemctl $scope disable "$unit" >/dev/null 2>&1 || true
  systemctl $scope stop "$unit" >/dev/null 2>&1 || true
fi
`;

/** Stops and removes the unit or the lines of crontab. Needs BASE, APP. */
export const DEACTIVATE = `
rm -f "$BASE/current"
begin="# BEGIN millrace $APP"
end="# END millrace $APP"
if command -v crontab >/dev/null 2>&1; then
  old="$(crontab -l 2>/dev/null || true)"
  kept="$(printf '%s\\n' "$old" | awk -v begin="$begin" -v end="$end" '$0 == begin { skip = 1 } !skip { print } $0 == end { skip = 0 }')"
  if [ "$kept" != "$old" ]; then printf '%s\\n' "$kept" | crontab -; fi
fi
if command -v systemctl >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ]; then scope=; else scope=--user; fi
  XDG_RUNTIME_DIR="\${XDG_RUNTIME_DIR:-/run/user/$(id -u)}"
  export XDG_RUNTIME_DIR
  systemctl $scope disable "millrace-$APP.service" >/dev/null 2>&1 || true
  systemctl $scope stop "millrace-$APP.service" >/dev/null 2>&1 || true
fi
`;

/**
 * Waits until the release is seen to work, at most SECONDS_TO_WAIT: its unit is active, and a worker and a scheduler that were not in
 * BEFORE have a heartbeat; with cron, its program finds its project and database, and its lines are there. URL, where it
 * is not empty, has to answer as well. Ends with 1 and says what is missing. Needs BASE, RELEASE, APP, BEFORE, URL, SECONDS_TO_WAIT.
 */
export const AWAIT_HEALTH = `
PATH="$BASE/runtime/bin:$PATH"
export PATH
XDG_RUNTIME_DIR="\${XDG_RUNTIME_DIR:-/run/user/$(id -u)}"
export XDG_RUNTIME_DIR
unit="millrace-$APP.service"
if [ "$(id -u)" = 0 ]; then scope=; else scope=--user; fi
healthy() {
  if [ -f "$BASE/releases/$RELEASE/.deploy/unit" ]; then
    systemctl $scope is-active --quiet "$unit" || { why="the unit $unit is not active"; return 1; }
    found="$("$BASE/bin/millrace" status --json 2>&1)" || { why="millrace status failed: $found"; return 1; }
    why="$(printf '%s' "$found" | node -e '
      let text = "";
      process.stdin.on("data", (chunk) => (text += chunk)).on("end", () => {
        const { scheduler, workers } = JSON.parse(text);
        const before = process.argv[1].split(" ");
        const alive = workers.filter((each) => each.alive && !each.draining && !before.includes(each.id));
        if (alive.length === 0) console.log("no worker of the new release has reported yet");
        else if (scheduler === null) console.log("no scheduler has reported yet");
      });' "$BEFORE")" || return 1
    [ -z "$why" ] || return 1
  else
    found="$("$BASE/bin/millrace" status --json 2>&1)" || { why="millrace status failed: $found"; return 1; }
    if [ -f "$BASE/releases/$RELEASE/.deploy/crontab" ]; then
      crontab -l 2>/dev/null | grep -qxF "# BEGIN millrace $APP" || { why="its lines are not in the crontab"; return 1; }
    fi
  fi
  if [ -n "$URL" ]; then
    node -e 'fetch(process.argv[1], { signal: AbortSignal.timeout(5000) }).then(
      (answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1));' "$URL" ||
      { why="$URL does not answer as it should"; return 1; }
  fi
}
until_time=$(( $(date +%s) + SECONDS_TO_WAIT ))
until healthy; do
  if [ "$(date +%s)" -ge "$until_time" ]; then
    echo "$why" >&2
    if [ -f "$BASE/releases/$RELEASE/.deploy/unit" ] && command -v journalctl >/dev/null 2>&1; then
      journalctl $scope -u "$unit" -n 20 --no-pager >&2 2>/dev/null || true
    fi
    return 1
  fi
  sleep 1
done
`;

/** The ids of the workers that have a heartbeat now, in one line. Needs BASE. */
export const WORKERS = `
[ -x "$BASE/bin/millrace" ] && [ -d "$BASE/current/" ] || return 0
PATH="$BASE/runtime/bin:$PATH"
export PATH
"$BASE/bin/millrace" workers --json 2>/dev/null | node -e '
  let text = "";
  process.stdin.on("data", (chunk) => (text += chunk)).on("end", () => {
    try { console.log(JSON.parse(text).map((each) => each.id).join(" ")); } catch { console.log(""); }
  });' || true
`;

/** Removes all but the KEEP newest complete releases, the current one and what was left half-made. Needs BASE, KEEP, CURRENT. */
export const PRUNE = `
count=0
for each in $(ls -1 "$BASE/releases" | sort -r); do
  if [ "$each" = "$CURRENT" ]; then count=$((count + 1)); continue; fi
  if [ -f "$BASE/releases/$each/.deploy/complete" ]; then
    count=$((count + 1))
    if [ "$count" -le "$KEEP" ]; then continue; fi
  fi
  rm -rf "\${BASE:?}/releases/$each"
  echo "$each"
done
`;
