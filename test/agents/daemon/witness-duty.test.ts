import { expect, onTestFinished, test } from "vitest";
import type { DaemonContext } from "../../../src/agents/daemon/daemon-context.ts";
import { witnessDuty } from "../../../src/agents/daemon/duties/witness.ts";
import { allNudges } from "../../../src/agents/sessions/nudge-queue.ts";
import type { SessionHost } from "../../../src/agents/sessions/session-host.ts";
import { parseProtocol } from "../../../src/core/mail/protocol.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { StartBudget } from "../../../src/agents/patrols/start-budget.ts";
import { readEvents } from "../../../src/core/events/read-events.ts";
import { PlainTown } from "../../support/plain-town.ts";

const daemon = (access: TownAccess) =>
  ({
    ...access,
    log: { info: () => undefined, warn: () => undefined },
    budget: new StartBudget(),
    noticeSleep: async () => undefined,
    isOperational: () => true,
  }) as unknown as DaemonContext;

test("a witness with a session is told what a sweep found, as mail and at its prompt, and the code leaves it to it (04 §9.4, §9.5)", async () => {
  const town = new PlainTown();
  onTestFinished(() => town.dispose());
  town.write("mayor/daemon.json", { patrols: { witness: { mode: "agent" } } });
  const witness = { session: "gp-witness", actor: "greenplace/witness", role: "witness", phase: "working" };
  const host = { list: async () => [witness], get: async () => witness, deliver: async () => "queued" };
  const access = { ...(await town.access("daemon")), host: async () => host as unknown as SessionHost };
  const assignee = "greenplace/polecats/gone";
  const { created } = await access.ledger.write("overseer", [
    { op: "create", bead: { title: "Lost", scope: "greenplace", status: "in_progress", assignee } },
  ]);
  const [id = ""] = created;
  const duty = witnessDuty(daemon(access), town.town.rig("greenplace"));
  for (let sweep = 0; sweep < 2; sweep++) await duty.run(new AbortController().signal);
  const mails = await access.ledger.find({ type: "message" });
  expect(mails).toMatchObject([{ assignee: "greenplace/witness", title: `ORPHANED_WORK: ${id}` }]);
  expect(parseProtocol(mails[0]?.title ?? "", mails[0]?.description ?? "")?.fields).toEqual({
    ...{ Polecat: assignee, Bead: id },
  });
  expect(await allNudges(access.ledger)).toMatchObject([
    { to: "greenplace/witness", message: expect.stringContaining(`W12 ${id}: recover`) },
  ]);
  expect(await access.ledger.get(id)).toMatchObject({ status: "in_progress", assignee });
});

test("a sweep that found something is told, of those that found nothing every thirtieth", async () => {
  const town = new PlainTown();
  onTestFinished(() => town.dispose());
  const access = await town.access("daemon");
  const duty = witnessDuty(daemon(access), town.town.rig("greenplace"));
  const sweep = () => duty.run(new AbortController().signal);
  const told = () =>
    readEvents(town.town.paths.events, { filter: { types: ["patrol_cycle"] } }).map(
      ({ payload, visibility, actor }) => [payload["cycle"], payload["findings"], visibility, actor],
    );
  for (let cycle = 1; cycle < 30; cycle++) await sweep();
  expect(told()).toEqual([]);
  await sweep();
  expect(told()).toEqual([[30, 0, "audit", "greenplace/witness"]]);
  // A bead that nobody holds although the ledger says so.
  await access.ledger.write("overseer", [
    {
      op: "create",
      bead: {
        ...{ title: "Lost", scope: "greenplace", status: "in_progress" },
        assignee: "greenplace/polecats/gone",
      },
    },
  ]);
  await sweep();
  expect(told().at(-1)).toEqual([31, 1, "feed", "greenplace/witness"]);
});
