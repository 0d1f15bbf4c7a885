import { readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { GtError } from "../../core/gt-error.ts";
import type { BeadFilter } from "../../core/ledger/ledger.ts";
import type { Town } from "../../core/town/town.ts";
import { openWorkspace } from "./bd/workspace.ts";
import type { CommandContext } from "./command.ts";
import type { Candidate } from "./candidate.ts";
import { commandWords } from "./command-words.ts";

const beadLimit = 50;

/** What the town and the ledger offer for an argument of this name (spec/07 §6.8). */
export async function dynamicValues(context: CommandContext, name: string): Promise<readonly Candidate[]> {
  switch (name) {
    case "bead":
    case "beads":
    case "bead/formula":
    case "id":
    case "ids":
    case "depends-on":
    case "other":
    case "epic":
      return beads(context, { notStatus: "closed", ephemeral: false, template: false });
    case "convoy":
      return beads(context, { type: "convoy", notStatus: "closed" });
    case "mr":
    case "merge-request":
      return beads(context, { type: "merge-request", notStatus: "closed" });
    case "rig":
      return (await rigs(context)).map((rig) => ({ value: rig.name, description: rig.gitUrl }));
    case "agent":
    case "address":
    case "who":
      return agents(context);
    case "target":
      return [
        ...(await rigs(context)).map((rig) => ({
          value: rig.name,
          description: "rig: a polecat of its own",
        })),
        ...(await agents(context)),
      ];
    case "key":
      return keys();
    case "formula": {
      const { libraryOf } = await import("./formula/formula-context.ts");
      return (await libraryOf(context)).names().map((value) => ({ value, description: "" }));
    }
    case "command":
      return commandWords(context.program.commands).map((value) => ({ value, description: "" }));
    case "path":
    case "dir":
    case "file":
      return directories(context);
    default:
      return [];
  }
}

async function beads(context: CommandContext, filter: BeadFilter): Promise<readonly Candidate[]> {
  const { ledger } = await openWorkspace(context);
  const found = await ledger.find({
    notType: ["agent", "role", "rig", "message", "event"],
    ...filter,
    sort: "updated",
    limit: beadLimit,
  });
  return found.map((bead) => ({ value: bead.id, description: bead.title.slice(0, 60) }));
}

async function agents(context: CommandContext): Promise<readonly Candidate[]> {
  const ledger = await context.ledger();
  const found = (await ledger.agents()).filter((agent) => agent.state !== "nuked");
  return found.map((agent) => ({ value: agent.address, description: agent.state }));
}

async function rigs(context: CommandContext): Promise<ReturnType<Town["rigs"]>> {
  try {
    return (await context.town()).rigs();
  } catch (error) {
    if (error instanceof GtError) return [];
    throw error;
  }
}

async function keys(): Promise<readonly Candidate[]> {
  const { settingKeys } = await import("../../core/town/setting-keys.ts");
  return settingKeys.map(({ key, default: initial }) => ({
    value: key,
    description: initial === undefined ? "" : `default ${JSON.stringify(initial)}`,
  }));
}

function directories({ cwd, args, rest }: CommandContext): readonly Candidate[] {
  const typed = [...args, ...rest].at(-1) ?? "";
  const folder = typed.endsWith("/") ? typed : dirname(typed);
  const prefix =
    folder === "." && !typed.startsWith("./") ? "" : folder.endsWith("/") ? folder : `${folder}/`;
  return readdirSync(resolve(cwd, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map((entry) => ({ value: join(prefix, entry.name) + "/", description: "" }));
}
