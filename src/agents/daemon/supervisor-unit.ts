import { createHash } from "node:crypto";
import { join } from "node:path";
import { sanitiseLine } from "../../core/sanitise.ts";

/** What the system's supervisor is told about a town's daemon, and with which commands. */
export interface SupervisorUnit {
  readonly name: string;
  readonly file: string;
  readonly text: string;
  /** Each is a program with its arguments. */
  readonly enable: readonly (readonly string[])[];
  readonly disable: readonly (readonly string[])[];
  /** Once its file is gone. */
  readonly forget: readonly (readonly string[])[];
  readonly start: readonly string[];
}

export interface UnitFacts {
  readonly platform: NodeJS.Platform;
  /** Root of the town. */
  readonly root: string;
  /** The daemon's command line. */
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly uid: number;
}

/** What agents need to find their programs. Keys and tokens are not among it: they do not belong into such a file. */
const kept = ["PATH", "LANG", "LC_ALL", "SHELL", "GT_LEDGER_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME"];

/**
 * The unit of a town for systemd or launchd: restarts a daemon that died, not one that was stopped, and starts it at login
 * (spec/04 §7.2). Undefined on other systems.
 */
export function supervisorUnit(facts: UnitFacts): SupervisorUnit | undefined {
  const name = `gastown-${createHash("sha256").update(facts.root).digest("hex").slice(0, 12)}`;
  const place = unitPlace(facts);
  if (place === undefined) return undefined;
  return facts.platform === "linux"
    ? systemdUnit(name, place.directory, facts)
    : launchdUnit(`town.${name}`, place.directory, facts);
}

/** Where this user's units are, and what ours are called; undefined where no supervisor is known. */
export function unitPlace({
  platform,
  env,
}: Pick<UnitFacts, "platform" | "env">): { readonly directory: string; readonly names: RegExp } | undefined {
  const home = env["HOME"] ?? "";
  if (home === "") return undefined;
  if (platform === "linux") {
    const config = env["XDG_CONFIG_HOME"] || join(home, ".config");
    return { directory: join(config, "systemd", "user"), names: /^gastown-[0-9a-f]{12}\.service$/ };
  }
  if (platform !== "darwin") return undefined;
  const directory = join(home, "Library", "LaunchAgents");
  return { directory, names: /^town\.gastown-[0-9a-f]{12}\.plist$/ };
}

/** How the supervisor lets go of a unit, by the name of its file. */
export function lettingGo(
  unit: string,
  { platform, uid }: Pick<UnitFacts, "platform" | "uid">,
): Pick<SupervisorUnit, "disable" | "forget"> {
  if (platform === "darwin")
    return { disable: [["launchctl", "bootout", `gui/${uid}/${unit.replace(/\.plist$/, "")}`]], forget: [] };
  return {
    disable: [["systemctl", "--user", "disable", unit]],
    forget: [["systemctl", "--user", "daemon-reload"]],
  };
}

function variables({ env }: UnitFacts): readonly (readonly [string, string])[] {
  return kept.flatMap((name) => {
    const value = env[name];
    return value === undefined || value === "" ? [] : [[name, value] as const];
  });
}

function systemdUnit(name: string, directory: string, facts: UnitFacts): SupervisorUnit {
  // A line break would begin another setting.
  const assigned = (word: string): string =>
    `"${word.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%").replaceAll("\n", "\\n")}"`;
  const quoted = (word: string): string => assigned(word).replaceAll("$", "$$$$");
  const lines = [
    "[Unit]",
    `Description=Gas Town daemon of ${sanitiseLine(facts.root).replaceAll("%", "%%")}`,
    "",
    "[Service]",
    `ExecStart=${facts.argv.map(quoted).join(" ")}`,
    ...variables(facts).map(([key, value]) => `Environment=${assigned(`${key}=${value}`)}`),
    "Restart=on-failure",
    "RestartSec=5",
    // Agents and their host outlive it.
    "KillMode=process",
    "",
    "[Install]",
    "WantedBy=default.target",
  ];
  const unit = `${name}.service`;
  const systemctl = (...args: readonly string[]): readonly string[] => ["systemctl", "--user", ...args];
  return {
    name,
    file: join(directory, unit),
    text: `${lines.join("\n")}\n`,
    enable: [systemctl("daemon-reload"), systemctl("enable", "--now", unit)],
    ...lettingGo(unit, facts),
    start: systemctl("start", unit),
  };
}

function launchdUnit(name: string, directory: string, facts: UnitFacts): SupervisorUnit {
  const text = (value: string): string =>
    value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const string = (value: string): string => `<string>${text(value)}</string>`;
  const file = join(directory, `${name}.plist`);
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0"><dict>',
    `<key>Label</key>${string(name)}`,
    `<key>ProgramArguments</key><array>${facts.argv.map(string).join("")}</array>`,
    `<key>EnvironmentVariables</key><dict>${variables(facts)
      .map(([key, value]) => `<key>${text(key)}</key>${string(value)}`)
      .join("")}</dict>`,
    "<key>RunAtLoad</key><true/>",
    "<key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>",
    "<key>ThrottleInterval</key><integer>5</integer>",
    "<key>AbandonProcessGroup</key><true/>",
    "</dict></plist>",
  ];
  const domain = `gui/${facts.uid}`;
  return {
    name,
    file,
    text: `${lines.join("\n")}\n`,
    enable: [["launchctl", "bootstrap", domain, file]],
    ...lettingGo(`${name}.plist`, facts),
    start: ["launchctl", "kickstart", `${domain}/${name}`],
  };
}
