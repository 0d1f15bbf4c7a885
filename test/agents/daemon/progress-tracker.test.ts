import { afterEach, beforeEach, expect, test } from "vitest";
import { ProgressTracker } from "../../../src/agents/daemon/progress-tracker.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { compose } from "../../../src/core/mail/compose.ts";
import { acknowledging, markingRead } from "../../../src/core/mail/change-mail.ts";
import { unreadMail } from "../../../src/core/mail/mailbox.ts";
import { PlainTown } from "../../support/plain-town.ts";

let town: PlainTown;
let access: TownAccess;
let toast = "";
beforeEach(async () => {
  town = new PlainTown();
  access = await town.access("overseer");
  toast = await town.polecat("toast");
});
afterEach(() => town.dispose());

/** Whether what was written since is noted as progress of the polecat. */
async function isNoted(write: () => Promise<unknown>): Promise<boolean> {
  const from = await access.ledger.head();
  await write();
  const tracker = new ProgressTracker(access.ledger, access.clock, (address) => address === toast);
  tracker.noteChanges((await access.ledger.changes(from)).changes);
  return tracker.isDirty;
}

test("what an agent writes is progress; its own fields, and mail that it reads, are not, nor what others write for it", async () => {
  const { ledger } = access;
  const { created } = await ledger.write("overseer", [
    { op: "create", bead: { title: "Paint", scope: "greenplace" } },
  ]);
  const [bead = ""] = created;
  expect(await isNoted(() => ledger.write(toast, [{ op: "update", id: bead, fields: { notes: "x" } }]))).toBe(
    true,
  );
  expect(await isNoted(() => ledger.write(toast, [{ op: "comment", id: bead, text: "half" }]))).toBe(true);
  expect(await isNoted(() => ledger.write(toast, [{ op: "addLabel", id: bead, label: "ui" }]))).toBe(true);
  const mail = { from: toast, to: ["mayor/"], subject: "Look", body: "around" };
  expect(await isNoted(() => ledger.write(toast, compose(mail, access.random).operations))).toBe(true);

  expect(
    await isNoted(() => ledger.write("overseer", [{ op: "update", id: bead, fields: { notes: "y" } }])),
  ).toBe(false);
  expect(
    await isNoted(() =>
      ledger.write(toast, [{ op: "setAgent", address: toast, fields: { state: "stuck" } }]),
    ),
  ).toBe(false);
  await ledger.write("mayor/", compose({ ...mail, from: "mayor/", to: [toast] }, access.random).operations);
  const [message] = await unreadMail(ledger, toast);
  if (message === undefined) throw new Error("no mail");
  const reading = [...acknowledging(message, toast, access.clock.now()), markingRead(message)];
  expect(await isNoted(() => ledger.write(toast, reading))).toBe(false);
});
