import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { GtError } from "../../core/gt-error.ts";
import type { Role } from "../../core/ledger/bead.ts";
import { sanitiseLine } from "../../core/sanitise.ts";
import type { Address } from "../../core/town/address.ts";
import type { Town } from "../../core/town/town.ts";

/** What an operator may change about a role, by TOML files of town and rig (spec/03 §2.7). */
export interface RoleDefinition {
  readonly role: Role;
  readonly scope: "town" | "rig";
  /** Text that starts the work; the standard one when empty. */
  readonly nudge: string;
  /** Absolute path of a Markdown brief that replaces ours; ours when empty. */
  readonly promptTemplate: string;
  /** The default branch is fetched, and the workspace brought up to it when it is clean, before a session starts. */
  readonly needsPreSync: boolean;
  /** Command line that replaces that of the role's runtime; the runtime's own when empty. */
  readonly startCommand: string;
  /** Variables of the role's sessions. */
  readonly env: Readonly<Record<string, string>>;
  /** Files that have a say, weakest first. */
  readonly sources: readonly string[];
}

export const roleNames = [
  "mayor",
  "deacon",
  "boot",
  "dog",
  "witness",
  "refinery",
  "polecat",
  "crew",
] as const satisfies readonly Role[];

/** Reads a word as a role, or throws `E_USAGE`. */
export function parseRole(word: string): Role {
  const found = roleNames.find((role) => role === word);
  if (found !== undefined) return found;
  throw new GtError(
    "E_USAGE",
    `unknown role "${sanitiseLine(word)}" - valid roles: ${roleNames.join(", ")}`,
    { exitCode: 2, hint: "gt role list" },
  );
}

/**
 * The role as it is in a rig (or the town, with `rig` empty): built in, then `<town>/roles/<role>.toml`, then
 * `<rig>/roles/<role>.toml`. `E_CONFIG` names the file and key that is wrong. TOML is loaded only when there is a file.
 */
export async function roleDefinition(town: Town, role: Role, rig: string): Promise<RoleDefinition> {
  const isOfRig = role === "witness" || role === "refinery" || role === "polecat" || role === "crew";
  let definition: RoleDefinition = {
    ...{ role, scope: isOfRig ? "rig" : "town", nudge: "", promptTemplate: "", startCommand: "" },
    ...{ needsPreSync: role === "crew", env: {}, sources: [] },
  };
  const directories = [town.root, ...(rig === "" ? [] : [join(town.root, rig)])].map((root) =>
    join(root, "roles"),
  );
  for (const directory of directories) {
    const file = join(directory, `${role}.toml`);
    if (existsSync(file)) definition = await overlay(definition, file, directory);
  }
  return definition;
}

/** `{town} {rig} {name} {role} {prefix}` in a text of a role's file. */
export function fillIn(text: string, town: Town, { role, rig, name }: Address): string {
  const places: Readonly<Record<string, string>> = {
    ...{ town: town.name, rig, name, role },
    prefix: town.findRig(rig)?.prefix ?? "hq",
  };
  return text.replace(/\{(town|rig|name|role|prefix)\}/g, (_, key: string) => places[key] ?? "");
}

async function overlay(base: RoleDefinition, file: string, directory: string): Promise<RoleDefinition> {
  const found = await readRole(file, base.role);
  const template = found.prompt_template;
  return {
    ...base,
    nudge: found.nudge ?? base.nudge,
    promptTemplate:
      template === undefined ? base.promptTemplate : template === "" ? "" : join(directory, template),
    startCommand: found.session?.start_command ?? base.startCommand,
    // An overlay can only ask for it, not do without.
    needsPreSync: base.needsPreSync || found.session?.needs_pre_sync === true,
    env: { ...base.env, ...found.env },
    sources: [...base.sources, file],
  };
}

async function readRole(file: string, role: Role) {
  const [{ parse }, z] = await Promise.all([import("@iarna/toml"), import("zod")]);
  const schema = z.strictObject({
    role: z.literal(role).optional(),
    scope: z.enum(["town", "rig"]).optional(),
    nudge: z.string().max(1000).optional(),
    prompt_template: z.string().optional(),
    session: z
      .strictObject({ needs_pre_sync: z.boolean().optional(), start_command: z.string().optional() })
      .optional(),
    env: z.record(z.string().regex(/^[A-Za-z_]\w*$/, "is no name of a variable"), z.string()).optional(),
  });
  let content: unknown;
  try {
    content = parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw wrong(file, error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error));
  }
  const result = schema.safeParse(content);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw wrong(file, `${issue?.path.map(String).join(".") || "file"}: ${issue?.message ?? "cannot be used"}`);
}

function wrong(file: string, problem: string): GtError {
  return new GtError("E_CONFIG", `${file}: ${sanitiseLine(problem)}`, {
    why: ["keys: role, scope, nudge, prompt_template, [session] needs_pre_sync, start_command, [env]"],
    hint: "gt role list",
  });
}
