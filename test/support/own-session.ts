/** Shell text that runs `script` in a kernel session of its own, as `setsid` would where there is one. */
export function inOwnSession(script: string): string {
  const program = `require("child_process").spawn("sh", ["-c", process.argv[1]], { detached: true, stdio: "inherit" })`;
  return [process.execPath, "-e", program, script].map(quoted).join(" ");
}

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
