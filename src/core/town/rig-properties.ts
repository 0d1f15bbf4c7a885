import { GtError } from "../gt-error.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Operation } from "../ledger/operation.ts";
import { withLock } from "../lock/lock.ts";
import { dailyWindow } from "./daily-window.ts";
import { isObject, readJsonFile, writeJsonFile } from "./json-file.ts";
import { rigLocalFile } from "./paths.ts";
import { settingAt } from "./setting.ts";
import { flag, integer, oneOf, type SettingType, text } from "./setting-types.ts";
import type { Rig, Town } from "./town.ts";

/** What decides how a rig is run, in this town alone or wherever it goes (spec/07 §6.5). */
export interface RigProperty {
  readonly key: string;
  readonly type: SettingType;
  readonly default: unknown;
  /** All layers are added up instead of the strongest one winning. */
  readonly isStacked?: boolean;
}

export const rigProperties: readonly RigProperty[] = [
  { key: "status", type: oneOf("operational", "parked", "docked"), default: "operational" },
  { key: "auto_restart", type: flag, default: true },
  { key: "auto_start_on_up", type: flag, default: false },
  { key: "max_polecats", type: integer(0), default: undefined },
  { key: "priority_adjustment", type: integer(-4, 4), default: 0, isStacked: true },
  { key: "maintenance_window", type: dailyWindow, default: undefined },
  { key: "dnd", type: flag, default: false },
  { key: "polecat_branch_template", type: text, default: "" },
  { key: "default_formula", type: text, default: "mol-polecat-work" },
];

/** One property with what each layer says. */
export interface RigPropertyView {
  readonly key: string;
  readonly local: unknown;
  readonly isBlocked: boolean;
  readonly label: unknown;
  /** From `rig_defaults` of the town's settings. */
  readonly town: unknown;
  readonly default: unknown;
  /** Undefined when it is blocked or nothing is set. */
  readonly effective: unknown;
  readonly source: "local" | "label" | "town" | "default" | "blocked";
}

/** Rig-local layer over labels of the rig's bead over the town's defaults over the built-in ones (spec/04 §7.4). */
export async function readRigProperties(
  town: Town,
  ledger: Ledger,
  rig: Rig,
): Promise<readonly RigPropertyView[]> {
  const { values, blocked } = readLocal(town, rig);
  const labels = (await ledger.get(rigBeadId(rig)))?.labels ?? [];
  const ofTown = settingAt(town.settings(), "rig_defaults");
  const defaults = isObject(ofTown) ? ofTown : {};
  return rigProperties.map((property) => {
    const { key, type } = property;
    const accepted = (value: unknown): unknown => (type.accepts(value) ? value : undefined);
    const stored = labels.find((label) => label.startsWith(`${key}:`))?.slice(key.length + 1);
    const layers = {
      local: accepted(values[key]),
      label: stored === undefined ? undefined : type.parse(stored),
      town: accepted(defaults[key]),
      default: property.default,
    };
    const isBlocked = blocked.includes(key);
    return { key, isBlocked, ...layers, ...decide(property, layers, isBlocked) };
  });
}

/** What holds for the rig; undefined when it is blocked or nothing is set. */
export async function rigProperty(town: Town, ledger: Ledger, rig: Rig, key: string): Promise<unknown> {
  return (await readRigProperties(town, ledger, rig)).find((view) => view.key === key)?.effective;
}

function decide(
  property: RigProperty,
  layers: Pick<RigPropertyView, "local" | "label" | "town" | "default">,
  isBlocked: boolean,
): Pick<RigPropertyView, "effective" | "source"> {
  if (isBlocked) return { effective: undefined, source: "blocked" };
  const strongest = (["local", "label", "town"] as const).find((layer) => layers[layer] !== undefined);
  const source = strongest ?? "default";
  if (!property.isStacked) return { effective: layers[source], source };
  const parts = Object.values(layers).filter((part): part is number => typeof part === "number");
  return { effective: parts.reduce((total, part) => total + part, 0), source };
}

/** Sets, blocks or (both undefined) removes a property in this town's own layer. Survives `.runtime` (spec/07 §4.4). */
export async function changeLocalProperty(
  town: Town,
  rig: Rig,
  key: string,
  change: { readonly value: unknown; readonly isBlocked: boolean },
): Promise<void> {
  const lock = { waitMs: 10_000, kind: "config", subject: "the settings" };
  await withLock(town.paths.locks, "config", lock, async () => {
    const file = rigLocalFile(town.root, rig.name);
    const content = readJsonFile(file) ?? { rig: rig.name };
    const { values, blocked } = readLocal(town, rig);
    const { [key]: _, ...others } = values;
    const rest = blocked.filter((name) => name !== key);
    await writeJsonFile(file, {
      ...content,
      values: change.value === undefined ? others : { ...others, [key]: change.value },
      blocked: change.isBlocked ? [...rest, key] : rest,
    });
  });
}

/** The label `key:value` on the rig's bead, which travels with the project; `undefined` takes it off. */
export async function labelProperty(
  ledger: Ledger,
  rig: Rig,
  actor: string,
  key: string,
  value: unknown,
): Promise<void> {
  const id = rigBeadId(rig);
  const bead = await ledger.get(id);
  if (bead === undefined)
    throw new GtError("E_NOT_FOUND", `rig ${rig.name} has no identity bead (${id}) that could carry it`, {
      hint: "gt doctor --fix",
    });
  const old = bead.labels.filter((label) => label.startsWith(`${key}:`));
  const operations: readonly Operation[] = [
    ...old.map((label): Operation => ({ op: "removeLabel", id, label })),
    ...(value === undefined ? [] : [{ op: "addLabel", id, label: `${key}:${value}` } as const]),
  ];
  if (operations.length > 0) await ledger.write(actor, operations);
}

function readLocal(
  town: Town,
  rig: Rig,
): { readonly values: Readonly<Record<string, unknown>>; readonly blocked: readonly string[] } {
  const content = readJsonFile(rigLocalFile(town.root, rig.name));
  const blocked = content?.["blocked"];
  return {
    values: isObject(content?.["values"]) ? content["values"] : {},
    blocked: Array.isArray(blocked) ? blocked.filter((key) => typeof key === "string") : [],
  };
}

export function rigBeadId(rig: Pick<Rig, "name" | "prefix">): string {
  return `${rig.prefix}-rig-${rig.name}`;
}
