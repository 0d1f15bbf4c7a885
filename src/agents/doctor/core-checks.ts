import { chmodSync, existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { GtError } from "../../core/gt-error.ts";
import { openTown } from "../../core/town/open-town.ts";
import { readRigSettings, readTownSettings, type SettingProblem } from "../../core/town/read-settings.ts";
import { readRegistry } from "../../core/town/registry.ts";
import { townDirectories } from "../../core/town/town-template.ts";
import { directiveFile } from "../prime/directive-files.ts";
import { roleNames } from "../runtimes/role-definition.ts";
import type { Check, CheckContext, Finding } from "./check.ts";

/** What a broken file says about itself. */
function asFinding(error: unknown): Finding {
  if (!(error instanceof GtError)) throw error;
  return {
    message: error.message,
    details: error.why,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  };
}

export const coreChecks: readonly Check[] = [
  {
    id: "town-config",
    category: "Core",
    severity: "error",
    summary: "mayor/town.json is there and valid",
    run: async ({ root }) => {
      try {
        openTown(root);
        return undefined;
      } catch (error) {
        return { ...asFinding(error), hint: `gt install ${root}` };
      }
    },
  },
  {
    id: "town-layout",
    category: "Core",
    severity: "error",
    summary: "the town's directories are there with their modes",
    run: async ({ root }) => {
      const wrong = townDirectories.flatMap(({ path, mode }) => {
        const found = statSync(join(root, path), { throwIfNoEntry: false });
        if (found === undefined) return [`${path} is missing`];
        if (!found.isDirectory()) return [`${path} is not a directory`];
        // Only directories of ours alone must not be open to others.
        return mode === 0o700 && (found.mode & 0o077) !== 0 ? [`${path} is open to other users`] : [];
      });
      return wrong.length === 0
        ? undefined
        : { message: `${wrong.length} directories are not as they should be`, details: wrong };
    },
    fix: async ({ root }) => {
      const done: string[] = [];
      for (const { path, mode } of townDirectories) {
        const full = join(root, path);
        if (!existsSync(full)) {
          mkdirSync(full, { recursive: true, mode });
          done.push(`made ${path}`);
        } else if (mode === 0o700 && (statSync(full).mode & 0o077) !== 0) {
          chmodSync(full, mode);
          done.push(`closed ${path} to others`);
        }
      }
      return done.join(", ");
    },
  },
  {
    id: "rigs-registry",
    category: "Core",
    severity: "error",
    summary: "mayor/rigs.json is valid and every rig has its directory",
    run: async ({ root }) => {
      try {
        const missing = readRegistry(root).filter((rig) => !existsSync(rig.path));
        if (missing.length === 0) return undefined;
        return {
          message: `registered rigs without a directory: ${missing.map((rig) => rig.name).join(", ")}`,
          hint: `gt rig remove ${missing[0]?.name}`,
        };
      } catch (error) {
        return asFinding(error);
      }
    },
  },
  {
    id: "settings-valid",
    category: "Core",
    severity: "error",
    summary: "all settings files can be read and used",
    run: async (context) => {
      const problems: string[] = [];
      const note = ({ file, key, found, expected }: SettingProblem): void => {
        problems.push(`${file}: ${key} is ${JSON.stringify(found)}, expected ${expected}`);
      };
      try {
        readTownSettings(context.root, note);
        for (const name of rigNames(context)) readRigSettings(context.root, name, note);
      } catch (error) {
        return asFinding(error);
      }
      return problems.length === 0
        ? undefined
        : { severity: "warning", message: `${problems.length} settings cannot be used`, details: problems };
    },
  },
  {
    id: "directives-readable",
    category: "Core",
    severity: "warning",
    summary: "the operator's directives can be read",
    run: async (context) => {
      const files = ["", ...rigNames(context)].flatMap((rig) =>
        roleNames.map((role) => directiveFile(context, role, rig)),
      );
      const unreadable = files.filter((file) => existsSync(file) && !isReadable(file));
      if (unreadable.length === 0) return undefined;
      return { message: "agents are not told directives that cannot be read", details: unreadable };
    },
  },
];

function isReadable(file: string): boolean {
  try {
    readFileSync(file);
    return true;
  } catch {
    return false;
  }
}

/** A broken registry is another check's finding. */
function rigNames({ root }: CheckContext): readonly string[] {
  try {
    return readRegistry(root).map((rig) => rig.name);
  } catch {
    return [];
  }
}
