const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
/** Bytes of the digest that make a hash of 3 to 8 digits (spec/01 §3.2). */
const bytesOfLength: Readonly<Record<number, number>> = { 3: 2, 4: 3, 5: 4, 6: 4, 7: 5, 8: 5 };

export const shortestHash = 5;
export const longestHash = 8;

export interface HashSource {
  readonly title: string;
  readonly description: string;
  readonly creator: string;
  readonly createdAt: number;
  readonly nonce: number;
}

/** The part of a generated id behind the prefix: `length` base36 digits (spec/01 §3.2). */
export function idHash(source: HashSource, length: number): string {
  // Milliseconds become the nanoseconds that the format wants; the clock has no more.
  const text = `${source.title}|${source.description}|${source.creator}|${source.createdAt}000000|${source.nonce}`;
  // Loaded here because reading commands, which need no ids, must start fast.
  const digest = process.getBuiltinModule("node:crypto").createHash("sha256").update(text).digest();
  let number = 0n;
  for (const byte of digest.subarray(0, bytesOfLength[length] ?? 5)) number = number * 256n + BigInt(byte);
  let hash = "";
  for (let digit = 0; digit < length; digit++) {
    hash = alphabet[Number(number % 36n)] + hash;
    number /= 36n;
  }
  return hash;
}

export interface HashLengthRule {
  readonly shortest: number;
  readonly longest: number;
  readonly maxCollisionProbability: number;
}

export const defaultLengthRule: HashLengthRule = {
  shortest: shortestHash,
  longest: longestHash,
  maxCollisionProbability: 0.25,
};

/** Digits that keep collisions unlikely among `count` ids. */
export function hashLength(count: number, rule: HashLengthRule = defaultLengthRule): number {
  for (let length = rule.shortest; length < rule.longest; length++) {
    const probability = 1 - Math.exp(-(count * count) / (2 * 36 ** length));
    if (probability <= rule.maxCollisionProbability) return length;
  }
  return rule.longest;
}

const idPattern = /^[a-z](?:[a-z0-9]|-(?=[a-z0-9])){0,19}-[A-Za-z0-9_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*$/;
const prefixPattern = /^[a-z](?:[a-z0-9]|-(?=[a-z0-9])){0,19}$/;

/** The grammar of spec/01 §3.1. */
export function isBeadId(text: string): boolean {
  return text.length <= 255 && idPattern.test(text);
}

export function isPrefix(text: string): boolean {
  return prefixPattern.test(text);
}

/** The longest of the prefixes that begins the id; undefined when none does. */
export function prefixOfId(id: string, prefixes: readonly string[]): string | undefined {
  let longest: string | undefined;
  for (const prefix of prefixes)
    if (id.startsWith(`${prefix}-`) && prefix.length > (longest?.length ?? 0)) longest = prefix;
  return longest;
}

/** A guess for an id whose prefix nobody registered (spec/01 §3.5). */
export function guessPrefix(id: string): string {
  const first = id.indexOf("-");
  const last = id.lastIndexOf("-");
  if (first < 0) return id;
  const tail = id.slice(last + 1).split(".")[0] ?? "";
  const looksGenerated =
    /^[0-9]+$/.test(tail) || (/^[0-9a-z]{3,8}$/.test(tail) && (tail.length === 3 || /[0-9]/.test(tail)));
  return id.slice(0, looksGenerated ? last : first);
}
