/**
 * Shell text that runs `script` in a kernel session of its own, as `setsid` would where there is one. It lasts as long as
 * the script, or with `isLeft` ends at once and leaves it behind.
 */
export function inOwnSession(script: string, isLeft = false): string {
  const program = `require("child_process").spawn("sh", ["-c", process.argv[1]], { detached: true, stdio: "inherit" })${isLeft ? ".unref()" : ""}`;
  return [process.execPath, "-e", program, script].map(quoted).join(" ");
}

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
