import { readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Agent } from "../../core/ledger/bead.ts";
import { type Address, agentHome, formatAddress } from "../../core/town/address.ts";
import type { Town } from "../../core/town/town.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import { packageRoot } from "../../core/package-root.ts";
import { scrubEnvironment } from "./scrub-environment.ts";

export interface EnvironmentRequest {
  readonly town: Town;
  readonly address: Address;
  readonly session: string;
  readonly runId: string;
  readonly runtime: Runtime;
  /** The agent's row, when it has one. */
  readonly agent?: Agent | undefined;
  readonly bead?: string | undefined;
  /** Conversation id, when we choose it. */
  readonly conversation?: string | undefined;
  /** Variables of the role's definition. */
  readonly roleVariables?: Readonly<Record<string, string>>;
  /** Login of the session: the runtime's directory, when it is not its own. */
  readonly account?: { readonly handle: string; readonly configDir: string };
  /** The environment of whoever asks for the session. */
  readonly base: NodeJS.ProcessEnv;
}

/** The whole environment of an agent's session, built from scratch (spec/03 §3.3). */
export function sessionEnvironment(request: EnvironmentRequest): Record<string, string> {
  const { runtime, base } = request;
  const own = {
    ...scrubEnvironment(base),
    ...{ ...runtime.env, ...computed(request), ...request.roleVariables, ...runtime.env },
    ...accountVariables(request),
  };
  const bin = join(packageRoot(), "bin");
  const path = [bin, ...(own["PATH"] ?? "").split(delimiter).filter((each) => each !== bin && each !== "")];
  // An empty value removes the variable: a runtime's record can take something away, too.
  return Object.fromEntries(
    Object.entries({ ...own, PATH: path.join(delimiter) }).filter(([, value]) => value !== ""),
  );
}

function accountVariables({ account, runtime }: EnvironmentRequest): Record<string, string> {
  if (account === undefined || runtime.configDirEnv === undefined) return { GT_ACCOUNT: "" };
  return { GT_ACCOUNT: account.handle, [runtime.configDirEnv]: account.configDir };
}

function computed(request: EnvironmentRequest): Record<string, string> {
  const { town, address, session, runId, runtime, base } = request;
  const actor = formatAddress(address);
  const spoken = actor.replace(/\/$/, "");
  const email = emailOf(town, spoken);
  return {
    GT_ROLE: spoken,
    BD_ACTOR: actor,
    GT_SCOPE: address.rig === "" ? "town" : "rig",
    GT_RIG: address.rig,
    GIT_AUTHOR_NAME: spoken,
    GIT_COMMITTER_NAME: spoken,
    GIT_AUTHOR_EMAIL: email,
    GIT_COMMITTER_EMAIL: email,
    GT_ROOT: town.root,
    GT_TOWN_ROOT: town.root,
    // Git never climbs from a plain directory of the town into the town's own repository.
    GIT_CEILING_DIRECTORIES: town.root,
    GT_SESSION: session,
    GT_AGENT: runtime.name,
    GT_PROVIDER: runtime.provider,
    GT_PROCESS_NAMES: runtime.processNames.join(","),
    GT_RUN: runId,
    GT_SESSION_ID_ENV: runtime.sessionIdEnv ?? "",
    GT_SESSION_ID: request.conversation ?? "",
    GT_BEAD: request.bead ?? "",
    GT_BIN: join(packageRoot(), "bin", "gt"),
    TERM: "xterm-256color",
    COLORTERM: "truecolor",
    LANG: base["LANG"] || "C.UTF-8",
    ...roleExtras(request),
  };
}

function roleExtras({ town, address, agent }: EnvironmentRequest): Record<string, string> {
  switch (address.role) {
    case "refinery":
      return { GT_REFINERY: "1" };
    case "dog":
      return { GT_DOG_NAME: address.name };
    case "crew":
      return { GT_CREW: address.name, BEADS_AGENT_NAME: `${address.rig}/${address.name}` };
    case "polecat":
      return {
        GT_POLECAT: address.name,
        BEADS_AGENT_NAME: `${address.rig}/${address.name}`,
        GT_POLECAT_PATH: agentHome(town, address) ?? "",
        GT_BRANCH: agent?.branch ?? "",
        POLECAT_SLOT: String(slotOf(town.rig(address.rig).polecats, address.name)),
      };
    default:
      return {};
  }
}

/** Index of the polecat's directory in the sorted list: an offset for ports. */
function slotOf(polecats: string, name: string): number {
  try {
    const names = readdirSync(polecats, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
      .map((entry) => entry.name)
      .sort();
    return Math.max(0, names.indexOf(name));
  } catch {
    return 0; // the first polecat of the rig
  }
}

/** Agents execute, humans own: commits carry the overseer's address where there is one. */
function emailOf(town: Town, actor: string): string {
  const { email } = town.overseer();
  if (email !== "") return email;
  const domain = town.settings()["agent_email_domain"];
  return `${actor.replaceAll("/", ".")}@${typeof domain === "string" ? domain : "gastown.local"}`;
}
