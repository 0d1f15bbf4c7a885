import { takeHandoffNote } from "../../../agents/hooks/take-handoff-note.ts";
import type { Prime } from "../../../agents/prime/prime.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import { parseAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";

const plainCap = 28_000;
const hookCap = 9500;
const shortCap = 2000;

/** `gt prime` (spec/03 §6). Outside a town it is silent under `--hook`. */
export async function run(context: CommandContext): Promise<number | undefined> {
  const { flags, env, out } = context;
  const isHook = flags.boolean("hook");
  let actor: string;
  try {
    actor = await context.actor();
  } catch (error) {
    if (isHook && error instanceof GtError && error.code === "E_NO_TOWN") return 0;
    throw error;
  }
  const town = await context.town();
  if (parseAddress(actor)?.role === "overseer") {
    out.line(
      `${town.name}: ${
        town
          .rigs()
          .map((rig) => rig.name)
          .join(", ") || "no rigs"
      }`,
    );
    out.next("start with gt mayor attach");
    out.document({ actor, role: "overseer", state: "normal", sections: [] });
    return 0;
  }
  const source = flags.string("source") ?? env["GT_HOOK_SOURCE"] ?? "startup";
  const variant = source === "resume" || source === "compact" ? "short" : "full";
  const isUnlimited = flags.boolean("full") || flags.has("section");
  const ledger = await context.ledger();
  const { prime } = await import("../../../agents/prime/prime.ts");
  const result = await prime(
    { town, ledger, actor },
    {
      variant,
      ...(isUnlimited ? {} : { cap: variant === "short" ? shortCap : isHook ? hookCap : plainCap }),
      sessionId: env["GT_SESSION_ID"] ?? env["GT_SESSION"] ?? "none",
      pid: process.ppid,
      run: env["GT_RUN"] ?? "",
    },
  );
  print(context, result);
  if (isHook && !flags.boolean("dry-run") && !flags.boolean("state"))
    await takeHandoffNote(ledger, actor, result.handoff, env["GT_RUN"] ?? "");
  return 0;
}

function print({ flags, out }: CommandContext, result: Prime): void {
  if (flags.boolean("state")) {
    out.line(`State: ${result.state}`);
    out.document({
      state: result.state,
      role: result.role,
      actor: result.actor,
      hooked_bead: result.hookedBead ?? null,
    });
    return;
  }
  const wanted = flags.string("section");
  const sections =
    wanted === undefined ? result.sections : result.sections.filter((section) => section.name === wanted);
  if (wanted !== undefined && sections.length === 0)
    throw usageError(`there is no section "${wanted}" now`, {
      hint: `gt prime --section ${result.sections[0]?.name ?? "id"}`,
      why: [`sections: ${result.sections.map((section) => section.name).join(", ")}`],
    });
  out.document({
    actor: result.actor,
    role: result.role,
    state: result.state,
    sections: sections.map(({ name, text, cut }) => ({ name, text, cut })),
  });
  if (out.json) return;
  for (const section of sections) {
    out.raw(`${section.text}\n`);
    if (flags.boolean("explain")) out.line(`[EXPLAIN] ${section.name}: ${section.why}`);
  }
}
