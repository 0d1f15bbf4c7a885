import { GtError } from "../../core/gt-error.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import { parseAddress } from "../../core/town/address.ts";
import { expectNoStop } from "../daemon/emergency-stop.ts";
import { sessionOfAddress } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import { admitSling } from "./admit-sling.ts";
import { attachmentFor } from "./attachment-for.ts";
import type { Dispatch } from "./dispatch-polecat.ts";
import { dispatcherNote } from "./dispatcher-note.ts";
import { expectRoomOnHook, hookAgent } from "./hook-agent.ts";
import { expectMember } from "./hook-by-hand.ts";
import { expectOperational } from "./rig-admission.ts";
import type { SlingOptions } from "./sling-request.ts";
import { takeOver } from "./take-over.ts";
import { tellOfWork } from "./tell-of-work.ts";
import { chooseWorkflow, guideFor } from "./work-formula.ts";

/** A bead for an agent that keeps its own workspace: hooked, and the agent told of it (spec/04 §2.7). */
export async function slingToAgent(
  access: TownAccess,
  bead: Bead,
  address: string,
  options: SlingOptions,
): Promise<Dispatch> {
  const rig = access.town.findRig(parseAddress(address)?.rig ?? "");
  const admission = await admitSling(access, bead.id, { kind: "agent", address }, options);
  const facts = {
    ...{ bead: bead.id, title: bead.title, agent: address, reused: true, branch: "", base: "" },
    ...{ session: sessionOfAddress(access.town, address), runtime: "" },
  };
  if (admission.verdict === "already") {
    await follow(access, bead, options);
    return { ...facts, noop: true, warnings: [] };
  }
  if (rig === undefined) expectNoStop(access.town);
  else await expectOperational(access.ledger, access.town, rig);
  if (parseAddress(address)?.role === "crew") expectMember(access, address);
  const workflow = await chooseWorkflow(access, { rig, bead, isAi: false }, options);
  const wish = { workflow, rig, address, vars: options.vars ?? {} };
  const force = options.force === true;
  // Before anything is taken from anybody.
  await expectRoomOnHook(access, await access.ledger.agent(address), { bead, address, force });
  if (options.dryRun === true) {
    if (workflow !== undefined) await guideFor(access, { ...wish, workflow, bead });
    return {
      ...{ ...facts, noop: false, warnings: admission.warnings },
      ...(workflow === undefined ? {} : { workflow: { formula: workflow.file.name, molecule: "" } }),
    };
  }
  const taken =
    admission.takeOver === undefined
      ? { bead, warnings: [] }
      : await takeOver(access, bead, { from: admission.takeOver, to: address });
  const guide = workflow && (await guideFor(access, { ...wish, workflow, bead: taken.bead }));
  const note = dispatcherNote(options);
  const isNew = await hookAgent(access, {
    ...(guide === undefined ? {} : { guide }),
    ...{ bead: taken.bead, address, force, isTaken: admission.takeOver !== undefined, isSlung: true },
    attachment: attachmentFor(access, options),
  });
  return {
    ...facts,
    noop: !isNew,
    ...(isNew ? { notice: await noticeOf(access, address, { bead: bead.id, note }) } : {}),
    ...(guide === undefined ? {} : { workflow: { formula: guide.formula, molecule: guide.molecule } }),
    warnings: [...admission.warnings, ...taken.warnings],
  };
}

/** The same sling with `--on`: the hook stays, and the work on it follows the workflow (spec/04 §2.5). */
export async function follow(
  access: TownAccess,
  bead: Bead,
  { formula, vars = {}, dryRun }: SlingOptions,
): Promise<void> {
  if (formula === undefined || dryRun === true) return;
  const { attachTo } = await import("./attach-molecule.ts");
  try {
    await attachTo(access, bead, { formula, vars, reason: "slung on it" });
  } catch (error) {
    if (!(error instanceof GtError) || error.code !== "E_HAS_WORKFLOW") throw error;
    throw new GtError("E_HAS_WORKFLOW", `${bead.id} follows another workflow already`, {
      why: ["--force slings it anew, with this one"],
      hint: `gt mol detach ${bead.id}`,
      cause: error,
    });
  }
}

async function noticeOf(
  access: TownAccess,
  address: string,
  work: { readonly bead: string; readonly note: string },
): Promise<NonNullable<Dispatch["notice"]>> {
  if (address === access.actor) return "next-turn";
  return (await tellOfWork(access, address, work)) ? "told" : "next-start";
}
