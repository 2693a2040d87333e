const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const BYTE_UNITS = ["B", "KB", "MB", "GB", "TB", "PB"] as const;

/** `1234567` → `1,234,567`. */
export function formatCount(value: number): string {
  return whole.format(value);
}

/** `1536` → `1.5 KB`; units of 1,000 bytes. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${BYTE_UNITS[unit]}`;
}

/** Milliseconds as seconds with two digits below ten: `0.42`, `12.3`, `1,204`. */
export function formatSeconds(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 10) return seconds.toFixed(2);
  if (seconds < 1000) return seconds.toFixed(1);
  return formatCount(seconds);
}

/** Milliseconds for people: `0.4 s`, `42 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const rounded = Math.round(seconds);
  if (rounded < 60) return `${rounded} s`;
  const minutes = Math.floor(rounded / 60);
  if (minutes < 60) return `${minutes} min${rounded % 60 === 0 ? "" : ` ${rounded % 60} s`}`;
  const hours = Math.floor(minutes / 60);
  return `${formatCount(hours)} h${minutes % 60 === 0 ? "" : ` ${minutes % 60} min`}`;
}

/** `1 row`, `2 rows`, `1,234 rows`. */
export function formatMany(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
