type Json = Readonly<Record<string, unknown>>;

/** Of two objects, only what differs, at any depth: what one has not is not in its part. */
export function changedParts(
  before: unknown,
  after: unknown,
): { readonly before: unknown; readonly after: unknown } {
  if (!isObject(before) || !isObject(after)) return { before, after };
  const old: Record<string, unknown> = {};
  const now: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (JSON.stringify(before[key]) === JSON.stringify(after[key])) continue;
    const part = changedParts(before[key], after[key]);
    if (key in before) old[key] = part.before;
    if (key in after) now[key] = part.after;
  }
  return { before: old, after: now };
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
