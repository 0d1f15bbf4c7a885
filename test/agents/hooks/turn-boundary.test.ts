import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { decideStop } from "../../../src/agents/hooks/polecat-stop.ts";
import { turnBoundary } from "../../../src/agents/hooks/turn-boundary.ts";
import { beginTurn } from "../../../src/agents/hooks/turn-record.ts";
import { enqueue } from "../../../src/agents/sessions/nudge-queue.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { compose } from "../../../src/core/mail/compose.ts";
import { systemRandom } from "../../../src/core/random.ts";
import { PlainTown } from "../../support/plain-town.ts";

let town: PlainTown;
let access: TownAccess;
const address = "greenplace/polecats/toast";
const question = { session: "gp-toast", run: "run-1", rig: "greenplace", hostDelivers: false };

beforeEach(async () => {
  town = new PlainTown();
  await town.polecat("toast");
  access = await town.access(address);
});
afterEach(() => town.dispose());

const ask = (more: Partial<typeof question> = {}) => turnBoundary(access, { ...question, ...more });

async function mail(subject: string, from = "mayor/", priority = 2, to = address): Promise<string> {
  const { created } = await access.ledger.write(
    from,
    compose({ from, to: [to], subject, body: "-", priority }, systemRandom).operations,
  );
  return created[0] ?? "";
}

async function say(id: string): Promise<void> {
  const now = Date.now();
  await enqueue(access.ledger, "mayor/", {
    ...{ id, session: "gp-toast", to: address, sender: "mayor/", message: `hello ${id}` },
    ...{
      priority: "normal",
      mode: "queue",
      kind: "say",
      createdAt: now,
      expiresAt: now + 60_000,
      attempts: 0,
    },
  });
}

async function hook(): Promise<string> {
  const { created } = await access.ledger.write("overseer", [
    { op: "create", bead: { title: "Paint", scope: "greenplace" }, as: "bead" },
    { op: "hook", address, bead: "$bead" },
  ]);
  return created[0] ?? "";
}

test("messages come first, then mail, then the hook; with nothing to do the agent rests", async () => {
  expect(await ask()).toBeUndefined();
  const bead = await hook();
  const id = await mail("Ladder");
  await say("n1");
  expect(await ask()).toContain("hello n1");
  expect(await ask()).toContain(`Unread mail: ${id} from mayor/: "Ladder"`);
  await access.ledger.write(address, [{ op: "addLabel", id, label: "read" }]);
  expect(await ask()).toContain(bead);
});

test("what the host delivers is left to it", async () => {
  await say("n1");
  expect(await ask({ hostDelivers: true })).toBeUndefined();
  expect(await ask()).toContain("hello n1");
});

test("a reason is given once until it has gone, and at most three turns are added to a prompt", async () => {
  const id = await mail("Ladder");
  expect(await ask()).toContain("Ladder");
  expect(await ask()).toBeUndefined();
  await beginTurn(access.ledger, address);
  expect(await ask()).toBeUndefined();
  await access.ledger.write(address, [{ op: "addLabel", id, label: "read" }]);
  expect(await ask()).toBeUndefined();
  await access.ledger.write(address, [{ op: "removeLabel", id, label: "read" }]);
  expect(await ask()).toContain("Ladder");
  for (const name of ["n1", "n2", "n3"]) {
    await say(name);
    expect((await ask()) !== undefined, name).toBe(name !== "n3");
  }
  await beginTurn(access.ledger, address);
  expect(await ask()).toContain("hello n3");
});

test("an agent's own handoff, an emergency stop and the overseer are no reasons", async () => {
  await mail("🤝 HANDOFF: cycling", address);
  expect(await ask()).toBeUndefined();
  await mail("Ladder");
  writeFileSync(join(town.root, "ESTOP"), "{}");
  expect(await ask()).toBeUndefined();
  expect(await turnBoundary({ ...access, actor: "overseer" }, question)).toBeUndefined();
});

test("whoever a person talks to is told only of urgent and high mail", async () => {
  const mayor = { ...access, actor: "mayor/" };
  await mail("Whenever", "deacon/", 2, "mayor/");
  expect(await turnBoundary(mayor, question)).toBeUndefined();
  await mail("Soon", "deacon/", 1, "mayor/");
  expect(await turnBoundary(mayor, question)).toContain("Soon");
});

describe("a polecat that stops with its bead", () => {
  const facts = { head: "abc", ahead: 2, isDirty: false, stoppedAt: undefined };
  test.each([
    ["for the first time is reminded", facts, "remind"],
    ["again at the same commit is handed in", { ...facts, stoppedAt: "abc" }, "submit"],
    [
      "again with uncommitted work is left to the witness",
      { ...facts, stoppedAt: "abc", isDirty: true },
      "rest",
    ],
    ["after another commit is reminded again", { ...facts, stoppedAt: "aaa" }, "remind"],
    ["without commits may rest", { ...facts, ahead: 0 }, "rest"],
  ] as const)("%s", (_, given, verdict) => {
    expect(decideStop(given)).toBe(verdict);
  });
});
