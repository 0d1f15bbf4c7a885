import { execFile } from "node:child_process";

const limitMs = 5000;
const mostCharacters = 120;

/**
 * Tells the person at this machine by the system's own means (spec/06 §7.3); silent where there is no desktop, in CI, and
 * when it fails. The words are ours: nothing from outside.
 */
export function tellDesktop(title: string, body: string, env: NodeJS.ProcessEnv = process.env): void {
  const [program, ...args] = noticeCommand(title, body.slice(0, mostCharacters), process.platform, env);
  if (program !== undefined) execFile(program, args, { timeout: limitMs }, () => undefined).unref();
}

/** The words of the command that shows a notice; none where nobody would see it. Pure. */
export function noticeCommand(
  title: string,
  body: string,
  platform: NodeJS.Platform,
  env: NodeJS.ProcessEnv,
): readonly string[] {
  if (env["CI"]) return [];
  if (platform === "darwin") {
    const quoted = (text: string): string => `"${text.replace(/[\\"]/g, "\\$&")}"`;
    return ["osascript", "-e", `display notification ${quoted(body)} with title ${quoted(title)}`];
  }
  const hasScreen = Boolean(env["DISPLAY"] || env["WAYLAND_DISPLAY"]);
  return platform === "linux" && hasScreen ? ["notify-send", "--", title, body] : [];
}
