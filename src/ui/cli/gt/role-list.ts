import type { CommandContext } from "../command.ts";

const roles: readonly (readonly [name: string, scope: string, does: string])[] = [
  ["mayor", "town", "plans, hands out work, talks to the human"],
  ["deacon", "town", "watches over all rigs"],
  ["boot", "town", "watches the deacon"],
  ["dog", "town", "does one errand at a time for the deacon"],
  ["witness", "rig", "watches the rig's workers"],
  ["refinery", "rig", "tests and merges finished work"],
  ["crew", "rig", "long-lived workspace of a person or agent"],
  ["polecat", "rig", "does one piece of work in a worktree of its own"],
];

/** `gt role list`. */
export async function run({ out }: CommandContext): Promise<void> {
  out.document(roles.map(([role, scope, does]) => ({ role, scope, description: does })));
  out.table(["role", "scope", "does"], roles);
}
