import { GtError, usageError } from "../../../core/gt-error.ts";
import { didYouMean, nearestNames } from "../../../core/nearest-name.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import {
  changeLocalProperty,
  labelProperty,
  type RigProperty,
  readRigProperties,
  rigProperties,
} from "../../../core/town/rig-properties.ts";
import type { CommandContext } from "../command.ts";
import { shown } from "./config-value.ts";

/** `gt rig config show|set|unset <rig> ...`: how a rig is run (spec/07 §6.5). */
export async function run(context: CommandContext): Promise<void> {
  const [name = "", key, given] = context.args;
  const rig = (await context.town()).rig(name);
  if (context.words.at(-1) === "show") return show(context, name);
  const property = findProperty(key ?? "");
  const { flags, out } = context;
  const isGlobal = flags.boolean("global");
  const isBlocked = flags.boolean("block");
  const isSetting = context.words.at(-1) === "set";
  if (isSetting && isGlobal && isBlocked) throw usageError("--global and --block exclude each other");
  if (isSetting && given === undefined && !isBlocked)
    throw usageError(`${property.key} needs a value`, {
      hint: `gt rig config set ${name} ${property.key} ${property.type.example}`,
    });
  const value = !isSetting || given === undefined ? undefined : property.type.parse(given);
  if (isSetting && given !== undefined && value === undefined) {
    throw new GtError(
      "E_CONFIG_VALUE",
      `"${sanitiseLine(given)}" is no value for ${property.key}: ${property.type.description} is needed`,
      { exitCode: 2, hint: `gt rig config set ${name} ${property.key} ${property.type.example}` },
    );
  }
  if (isGlobal) await labelProperty(await context.ledger(), rig, await context.actor(), property.key, value);
  else await changeLocalProperty(await context.town(), rig, property.key, { value, isBlocked });
  out.line(
    `${property.key}: ${isBlocked ? "blocked" : shown(value)}${isGlobal ? " (travels with the rig)" : ""}`,
  );
}

async function show(context: CommandContext, name: string): Promise<void> {
  const { out, flags } = context;
  const town = await context.town();
  const views = await readRigProperties(town, await context.ledger(), town.rig(name));
  out.document(
    views.map(({ key, local, label, town: ofTown, isBlocked, effective, source, default: initial }) => ({
      key,
      ...(effective === undefined ? {} : { value: effective }),
      source,
      layers: {
        ...(local === undefined ? {} : { local }),
        ...(isBlocked ? { blocked: true } : {}),
        ...(label === undefined ? {} : { label }),
        ...(ofTown === undefined ? {} : { town: ofTown }),
        ...(initial === undefined ? {} : { default: initial }),
      },
    })),
  );
  if (out.json) return;
  if (flags.boolean("layers"))
    out.table(
      ["key", "local", "label", "town", "default", "in force"],
      views.map((view) => [
        view.key,
        view.isBlocked ? "(blocked)" : shown(view.local),
        shown(view.label),
        shown(view.town),
        shown(view.default),
        shown(view.effective),
      ]),
    );
  else
    out.table(
      ["key", "value", "source"],
      views.map((view) => [view.key, shown(view.effective), view.source]),
    );
}

function findProperty(key: string): RigProperty {
  const found = rigProperties.find((property) => property.key === key);
  if (found) return found;
  const suggestions = nearestNames(
    key,
    rigProperties.map((property) => property.key),
  );
  throw new GtError("E_CONFIG_KEY", `unknown rig property "${sanitiseLine(key)}"${didYouMean(suggestions)}`, {
    exitCode: 2,
    why: [`properties: ${rigProperties.map((property) => property.key).join(", ")}`],
    hint: "gt rig config show <rig>",
    details: { suggestions },
  });
}
