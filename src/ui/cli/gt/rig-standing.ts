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

/** `gt rig park|unpark|dock|undock <rig>...` (spec/04 §7.4): what runs finishes; nothing new is started or slung. */
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
  const town = await context.town();
  const ledger = await context.ledger();
  const actor = await context.actor();
  const status = (await readRigProperties(town, ledger, rig)).find(({ key }) => key === "status");
  const isNow = (verb.isEverywhere ? status?.label : status?.local) === verb.word;
  if (isNow === verb.isOn) {
    out.done(`${rig.name} is ${verb.isOn ? "" : "not "}${verb.word} already`);
    return;
  }
  const value = verb.isOn ? verb.word : undefined;
  if (verb.isEverywhere) await labelProperty(ledger, rig, actor, "status", value);
  else await changeLocalProperty(town, rig, "status", { value, isBlocked: false });
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
  if (verb.isOn) out.next(`gt rig un${verb.isEverywhere ? "dock" : "park"} ${rig.name}`);
}
