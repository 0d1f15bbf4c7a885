/** Where randomness comes from; tests pass a seeded one. */
export interface Random {
  bytes(count: number): Uint8Array;
}

/** Most commands need none, and loading `node:crypto` takes longer than they run. */
export const systemRandom: Random = {
  bytes: (count) => process.getBuiltinModule("node:crypto").randomBytes(count),
};

const base36 = "0123456789abcdefghijklmnopqrstuvwxyz";

/** A random word of lower-case letters and digits, for ids of operations, runs and journals. */
export function randomWord(random: Random, length: number): string {
  let word = "";
  // Bytes of 252 and more would make the first four digits likelier than the others.
  while (word.length < length) {
    for (const byte of random.bytes(length))
      if (byte < 252 && word.length < length) word += base36[byte % 36];
  }
  return word;
}
