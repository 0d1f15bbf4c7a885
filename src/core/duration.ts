const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** `90s`, `15m`, `1h30m`, `2d`, `0` in milliseconds (spec/07 §1.2); undefined when it is no duration. */
export function parseDuration(text: string): number | undefined {
  if (text === "0") return 0;
  if (!/^(?:\d+(?:\.\d+)?(?:ms|[smhdw]))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g))
    total += Number(count) * (unitMs[unit ?? ""] ?? 0);
  return Math.round(total);
}

/** How long ago, short: `just now`, `5m`, `2h`, `3d` (spec/06 §0). A time in the future is a clock that is a bit off. */
export function formatAge(ms: number): string {
  if (ms < 60_000) return "just now";
  return formatLargestUnit(ms);
}

/** The same in a sentence: `just now`, `5m ago`. */
export function formatAgo(ms: number): string {
  return ms < 60_000 ? formatAge(ms) : `${formatAge(ms)} ago`;
}

/** A span for people: `<1m`, `42m`, `3h`, `3h5m`, `2d` (spec/04 §1.6). */
export function formatSpan(ms: number): string {
  if (ms < 60_000) return "<1m";
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60 || minutes >= 24 * 60) return formatLargestUnit(ms);
  const rest = minutes % 60;
  return rest === 0 ? `${Math.floor(minutes / 60)}h` : `${Math.floor(minutes / 60)}h${rest}m`;
}

function formatLargestUnit(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}
