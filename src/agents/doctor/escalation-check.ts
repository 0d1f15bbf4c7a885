import { chmodSync, statSync } from "node:fs";
import { escalationSettingsFile, readEscalationSettings } from "../../core/escalation/escalation-settings.ts";
import { askGit } from "../../core/git/git.ts";
import type { Check } from "./check.ts";

/** A contact value that begins so names a variable of the environment instead of holding the secret. */
const variable = "$";

/** How alarms are told, and whether others can read the password for it (spec/06 §8.3). */
export const escalationCheck: Check = {
  id: "escalation-config",
  category: "Core",
  severity: "warning",
  summary: "settings/escalation.json is valid and keeps its secrets",
  run: async (context) => {
    const town = context.town();
    const file = escalationSettingsFile(town);
    const { problem, contacts } = readEscalationSettings(town);
    if (problem !== undefined)
      return { message: problem, details: ["every alarm goes to the mayor meanwhile"], hint: `edit ${file}` };
    const password = contacts["smtp_pass"] ?? "";
    if (password === "" || password.startsWith(variable)) return undefined;
    const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
    const tracked = await askGit(town.root, ["ls-files", "--error-unmatch", "--", file]);
    const details = [
      ...((mode & 0o077) === 0 ? [] : ["other users can read it"]),
      ...(tracked.exitCode === 0 ? ["git carries it"] : []),
    ];
    if (details.length === 0) return undefined;
    return {
      message: "settings/escalation.json holds a password as it is",
      details: [...details, 'write "smtp_pass": "$GT_SMTP_PASS" and set that variable'],
      hint: `chmod 600 ${file}`,
    };
  },
  fix: async (context) => {
    const file = escalationSettingsFile(context.town());
    chmodSync(file, 0o600);
    return "closed it to other users";
  },
};
