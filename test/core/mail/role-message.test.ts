import { expect, onTestFinished, test } from "vitest";
import type { Operation } from "../../../src/core/ledger/operation.ts";
import { parseProtocol } from "../../../src/core/mail/protocol.ts";
import { tellingRole } from "../../../src/core/mail/role-message.ts";
import { systemRandom } from "../../../src/core/random.ts";
import { PlainTown } from "../../support/plain-town.ts";

const message = {
  ...{ from: "gp/polecats/nux", to: "greenplace/witness", subject: "POLECAT_DONE nux", rig: "greenplace" },
  values: { Exit: "COMPLETED", Issue: "gp-1", MR: "", Branch: "one\ntwo" },
};
const kinds = (operations: readonly Operation[]) =>
  operations.map((each) => (each.op === "event" ? each.event.type : each.op));

test("a role that runs as code is told in the log; one with a session of its own gets the same as mail", async () => {
  const town = new PlainTown();
  onTestFinished(() => town.dispose());
  const tell = () => tellingRole({ town: town.town, random: systemRandom }, message);
  const [note] = tell();
  expect(tell()).toHaveLength(1);
  expect(note).toMatchObject({
    op: "event",
    event: {
      type: "protocol",
      payload: {
        ...{ to: "greenplace/witness", subject: "POLECAT_DONE nux", rig: "greenplace" },
        fields: { Exit: "COMPLETED", Issue: "gp-1", Branch: "one\ntwo" },
      },
    },
  });
  town.write("mayor/daemon.json", { patrols: { witness: { mode: "agent" } } });
  expect(kinds(tell())).toEqual(["create", "mail"]);
  const [create] = tell();
  const bead = create?.op === "create" ? create.bead : undefined;
  expect(bead).toMatchObject({ assignee: "greenplace/witness", priority: 1, ephemeral: true });
  const parsed = parseProtocol(bead?.title ?? "", bead?.description ?? "");
  expect(parsed?.fields).toEqual({ Exit: "COMPLETED", Issue: "gp-1", Branch: "one⏎two" });
  const [task] = tellingRole(
    { town: town.town, random: systemRandom },
    { ...message, priority: 0, type: "task", text: "1. rebase" },
  );
  expect(task?.op === "create" && task.bead).toMatchObject({
    priority: 0,
    labels: expect.arrayContaining(["msg-type:task"]),
    description: expect.stringMatching(/\n\n1\. rebase$/),
  });
});
