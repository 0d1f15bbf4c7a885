/** A word for the command line of a POSIX shell: quoted where that is needed, and one word in any case. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
