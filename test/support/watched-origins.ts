/** Repositories that play a server in this test file, and whether all values of their targets have been judged. */
const judged = new Map<string, boolean>();

export const watchOrigin = (repository: string): void => void judged.set(repository, false);
export const noteJudged = (repository: string): void => void judged.set(repository, true);

/** Those that nobody has judged yet, in the given directory or anywhere. */
export function unjudgedOrigins(inside = ""): readonly string[] {
  return [...judged].flatMap(([path, isJudged]) => (!isJudged && path.startsWith(inside) ? [path] : []));
}
