import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { QueueTown } from "../../../agents/refinery/queue-town.ts";
import { cliEnv, runGt } from "../../../support/run-cli.ts";

function gt(town: QueueTown, ...args: readonly string[]) {
  return runGt(args, { cwd: town.root, env: { GT_NO_DAEMON: "1" } });
}

const bead = async (town: QueueTown, title: string): Promise<string> =>
  (await town.ledger.write("overseer", [{ op: "create", bead: { title, scope: "web" } }])).created[0] ?? "";

test("a convoy lands with its second merge, and owner, mayor and overseer hear of it once (05 §12.18)", async () => {
  const town = await QueueTown.make({ settings: { batch: { max_batch_size: 1 } } });
  const issues = [await bead(town, "Update API"), await bead(town, "Add validation")];
  const created = await gt(
    town,
    ...["convoy", "create", "Deploy", ...issues, "--owner", "mayor", "--notify", "--human", "--json"],
  );
  expect(created.stderr).toBe("");
  const { id } = created.json<{ id: string }>();
  expect(created.json()).toMatchObject({
    owner: "mayor/",
    notify: ["mayor/", "overseer"],
    tracked: issues.toSorted(),
  });
  const mail = () => town.ledger.find({ type: "message", sort: "oldest" });

  for (const [index, issue] of issues.entries()) await town.submit({ [`${index}.txt`]: "x\n" }, { issue });
  await town.run({ once: "once" });
  expect(town.landed()).toHaveLength(1);
  expect(await mail()).toEqual([]);
  expect((await gt(town, "convoy", "wait", id, "--timeout", "1s")).code).toBe(124);
  await town.run({ once: "once" });

  const sent = await mail();
  expect(sent.map(({ assignee }) => assignee).toSorted()).toEqual(["mayor/", "overseer"]);
  for (const part of [...issues.map((issue) => `✓ ${issue}`), "Duration: ", "Merges: 2"])
    expect(sent[0]?.description).toContain(part);
  expect((await gt(town, "convoy", "wait", id)).code).toBe(0);
  expect((await gt(town, "mail", "inbox")).stdout).toContain("Convoy landed: Deploy");
  const shown = await gt(town, "convoy", "show", id);
  expect(shown.stdout).toContain("landed");
  expect((await gt(town, "convoy", "status", id)).stdout).toBe(shown.stdout);

  expect((await gt(town, "convoy", "add", id, await bead(town, "More"))).stdout).toContain("is open again");
  expect((await gt(town, "convoy", "status", id, "--json")).json()).toMatchObject({
    ...{ status: "open", outcome: null, completed: 2, total: 3 },
  });
  expect(await mail()).toHaveLength(2);
}, 120_000);

test("what waits for a convoy ends with the code of the signal that ended it (05 §12.25)", async () => {
  const town = await QueueTown.make();
  const { id } = (await gt(town, "convoy", "create", "Waiting", await bead(town, "One"), "--json")).json<{
    id: string;
  }>();
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, "../../../../bin/gt"), "convoy", "wait", id, "--progress", "--json"],
      { cwd: town.root, env: cliEnv({ GT_NO_DAEMON: "1" }), stdio: ["ignore", "pipe", "pipe"] },
    );
    onTestFinished(() => void child.kill("SIGKILL"));
    let printed = "";
    child.stdout.on("data", (bytes: Buffer) => (printed += bytes.toString()));
    const exit = once(child, "close");
    await once(child.stderr, "data"); // the first progress line: it waits now
    child.kill(signal);
    expect(await exit).toEqual([code, null]);
    expect(JSON.parse(printed)).toMatchObject({ result: "interrupted", convoys: [{ id, total: 1 }] });
  }
}, 90_000);

test("a diamond is staged the same way twice, launched once, and its first wave alone is started (05 §12.21)", async () => {
  const town = await QueueTown.make();
  const [a = "", b = "", c = "", d = ""] = [
    await bead(town, "A"),
    await bead(town, "B"),
    await bead(town, "C"),
    await bead(town, "D"),
  ];
  await town.ledger.write(
    "overseer",
    [
      [b, a],
      [c, a],
      [d, b],
      [d, c],
    ].map(([from = "", to = ""]) => ({ op: "addDependency", edge: { from, to, type: "blocks" } })),
  );
  const stage = async () => (await gt(town, "convoy", "stage", a, b, c, d, "--json")).json<Document>();
  const first = await stage();
  expect(first.waves.map((wave) => wave.tasks.map((task) => task.id))).toEqual([[a], [b, c].toSorted(), [d]]);
  expect(first.waves[2]?.tasks[0]).toMatchObject({ blocked_by: [b, c].toSorted() });
  expect(await stage()).toEqual({ ...first, restaged: true });

  // Queued instead of started: these tests have no sessions.
  const max = await gt(town, "config", "set", "scheduler.max_polecats", "1");
  expect(max).toMatchObject({ code: 0 });
  const launched = await gt(town, "convoy", "launch", first.convoy_id, "--force");
  expect(launched.code, launched.stderr).toBe(0);
  const queued = await town.ledger.find({ labels: ["gt:sling-context"], ephemeral: true });
  expect(queued.map(({ metadata }) => metadata["sling"])).toMatchObject([{ bead: a }]);
  expect(await gt(town, "convoy", "launch", first.convoy_id)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("already launched"),
  });
}, 90_000);

interface Document {
  readonly convoy_id: string;
  readonly restaged: boolean;
  readonly waves: readonly { readonly tasks: readonly { readonly id: string }[] }[];
}
