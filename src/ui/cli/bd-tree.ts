import { changeCommands } from "./bd/change.spec.ts";
import { editCommands } from "./bd/edit.spec.ts";
import { gateCommands } from "./bd/gate.spec.ts";
import { healthCommands } from "./bd/health.spec.ts";
import { moleculeCommands } from "./bd/mol.spec.ts";
import { readCommands } from "./bd/read.spec.ts";
import { setupCommands } from "./bd/setup.spec.ts";
import type { CommandSpec } from "./command.ts";
import { completionCommands } from "./completion-command.ts";
import { bdFormulaCommands } from "./formula/formula.spec.ts";

/** Every command of `bd`. */
export const bdTree: readonly CommandSpec[] = [
  ...changeCommands,
  ...completionCommands("bd"),
  ...editCommands,
  ...gateCommands,
  ...bdFormulaCommands,
  ...readCommands,
  ...setupCommands,
  ...healthCommands,
  ...moleculeCommands,
];
