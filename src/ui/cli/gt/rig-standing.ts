import type { TownAccess } from "../../../agents/town-access.ts";
import { recordEvents } from "../../../core/events/event-log.ts";
import { changeLocalProperty, labelProperty, readRigProperties } from "../../../core/town/rig-properties.ts";
import type { Rig } from "../../../core/town/town.ts";
import type { CommandContext } from "../command.ts";

const verbs = {
  park: { isOn: true, word: "parked", event: "rig_parked", isEverywhere: false },
  unpark: { isOn: false, word: "parked", event: "rig_unparked", isEverywhere: false },
  dock: { isOn: true, word: "docked", event: "rig_docked", isEverywhere: true },
  undock: { isOn: false, word: "docked", event: "rig_undocked", isEverywhere: true },
} as const;

/**
 * `gt rig park|unpark|dock|undock <rig>...` (spec/04 §7.4): nothing new is started or slung, and a witness or refinery that
 * runs as an agent ends. Parked, polecats finish what they have unless `--polecats` says otherwise; docked, they are suspended.
 */
export async function run(context: CommandContext): Promise<void> {
  const verb = verbs[context.words.at(-1) as keyof typeof verbs];
  const town = await context.town();
  const rigs = context.args.map((name) => town.rig(name));
  for (const rig of rigs) await change(context, rig, verb);
}

async function change(
  context: CommandContext,
  rig: Rig,
  verb: (typeof verbs)[keyof typeof verbs],
): Promise<void> {
  const { out } = context;
  const access = await context.access();
  const { town, ledger, actor } = access;
  const mustRest = verb.isOn && (verb.isEverywhere || context.flags.boolean("polecats"));
  const status = (await readRigProperties(town, ledger, rig)).find(({ key }) => key === "status");
  // This town may work on in a rig that is docked: then it docks anew.
  const isExcepted = verb.isEverywhere && status?.local === "operational";
  const isNow =
    (verb.isEverywhere ? status?.label : status?.local) === verb.word && !(verb.isOn && isExcepted);
  if (isNow === verb.isOn) {
    out.done(`${rig.name} is ${verb.isOn ? "" : "not "}${verb.word} already`);
    if (mustRest) await rest(context, access, rig, verb.word);
    return;
  }
  const value = verb.isOn ? verb.word : undefined;
  if (verb.isEverywhere) await labelProperty(ledger, rig, actor, "status", value);
  if (!verb.isEverywhere || isExcepted)
    await changeLocalProperty(town, rig, "status", {
      value: verb.isEverywhere ? undefined : value,
      isBlocked: false,
    });
  recordEvents(town.paths.events, [
    {
      ts: new Date().toISOString(),
      source: "gt",
      type: verb.event,
      actor,
      payload: { rig: rig.name },
      visibility: "feed",
    },
  ]);
  out.done(`${rig.name} is ${verb.isOn ? verb.word : "operational"}`);
  if (verb.isOn) {
    const { restRoles } = await import("../../../agents/lifecycle/rest-rig.ts");
    for (const address of await restRoles(access, rig)) out.line(`  the session of ${address} is ended`);
  }
  if (mustRest) await rest(context, access, rig, verb.word);
  else if (!verb.isOn) {
    const { wakeRig } = await import("../../../agents/lifecycle/rest-rig.ts");
    for (const address of await wakeRig(access, rig, verb.word))
      out.line(`  ${address} goes on at the next heartbeat`);
  }
  if (verb.isOn) out.next(`gt rig un${verb.isEverywhere ? "dock" : "park"} ${rig.name}`);
}

async function rest(
  { out }: CommandContext,
  access: TownAccess,
  rig: Rig,
  reason: "parked" | "docked",
): Promise<void> {
  const { restRig } = await import("../../../agents/lifecycle/rest-rig.ts");
  for (const address of await restRig(access, rig, reason))
    out.line(`  ${address} is suspended; its work is kept`);
}
