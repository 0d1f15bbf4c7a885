import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { stopDaemon } from "../../src/agents/daemon/daemon-control.ts";
import { writeDesired } from "../../src/agents/daemon/desired-state.ts";
import { townUp } from "../../src/agents/daemon/town-up.ts";
import type { TownAccess } from "../../src/agents/town-access.ts";
import { readEvents } from "../../src/core/events/read-events.ts";
import { type MergeRequest, mergeRequest } from "../../src/core/merge/merge-request.ts";
import { runsOf } from "../../src/core/merge/run-record.ts";
import { git } from "../support/scratch-repository.ts";
import { waitFor } from "../support/wait-for.ts";
import { WorkTown } from "../support/work-town.ts";

/**
 * An agent that does what an instruction of its bead says and then hands it in with `gt done`. A conflict task has no such
 * file: it follows the four steps that the task tells.
 */
const worker = `#!/bin/bash
exec > "$GT_TOWN_ROOT/log-$GT_BEAD" 2>&1
set -x
printf '❯ ' > /dev/tty
if [ -e "$GT_TOWN_ROOT/$GT_BEAD.sh" ]; then
  . "$GT_TOWN_ROOT/$GT_BEAD.sh"
  git add --all
  git commit --quiet -m "$GT_BEAD"
else
  step=$(bd show "$GT_BEAD" | grep -o 'git checkout -B .* [0-9a-f]\\{40\\}')
  eval "$step"
  if ! git rebase origin/main; then
    echo both > shared.txt
    git add shared.txt
    GIT_EDITOR=true git rebase --continue
  fi
fi
gt done
`;

let work: WorkTown;
let access: TownAccess;
let hold: string;

beforeEach(async () => {
  work = await WorkTown.create();
  hold = join(work.root, "hold");
  work.write("worker", worker);
  chmodSync(join(work.root, "worker"), 0o755);
  const command = join(work.root, "worker");
  work.write("settings/config.json", {
    default_agent: "worker",
    // Slung again at once: nobody reads what the last session has shown.
    operational: { session: { end_grace: "100ms" } },
    agents: { worker: { provider: "generic", command, ready_prompt: "❯", prompt_mode: "none" } },
  });
  work.write("web/settings/config.json", {
    merge_queue: {
      test_command: `test -s README.md; while [ -e '${hold}' ]; do sleep 0.05; done`,
      batch: { batch_wait_time: "0s" },
    },
  });
  access = await work.access();
  await townUp(access);
});

afterEach(async () => {
  rmSync(hold, { force: true });
  await writeDesired(work.town, "down", "overseer");
  await stopDaemon(work.town, { force: true });
  await work.dispose();
});

async function bead(title: string, lines: string, priority = 2): Promise<string> {
  const { id } = await work.bead(access, title, lines, { priority });
  work.write(`${id}.sh`, lines);
  return id;
}

const patient = { timeoutMs: 90_000 };
const gt = async (...args: readonly string[]): Promise<void> => {
  const { code, stdout, stderr } = await work.gt(args);
  expect(code, stdout + stderr).toBe(0);
};
const requestsFor = async (id: string): Promise<readonly MergeRequest[]> =>
  (
    await access.ledger.find({ type: "merge-request", metadata: { "mr.source_issue": id }, sort: "oldest" })
  ).map(mergeRequest);
const submitted = (...ids: readonly string[]) =>
  waitFor(
    async () => {
      for (const id of ids)
        if ((await requestsFor(id)).every(({ status }) => status === "closed")) return false;
      return true;
    },
    { ...patient, what: "requests in the queue" },
  );
const landed = (...ids: readonly string[]) =>
  waitFor(
    async () => [...(await access.ledger.getMany(ids)).values()].every(({ status }) => status === "closed"),
    { ...patient, what: "all of it to land" },
  );
const onMain = (format: string, ...more: readonly string[]): readonly string[] =>
  git(work.origin("web"), "log", "--reverse", `--format=${format}`, "main", ...more).split("\n");

test("handed in with gt done: a batch lands with one gate run, a conflict is resolved, what is handed in again while it is gated lands once (05 §12.1, 7, 13)", async () => {
  await gt("refinery", "stop", "web");
  const batch = [
    await bead("Third", "echo c > c.txt", 3),
    await bead("First", "echo a > a.txt", 1),
    await bead("Second", "echo b > b.txt", 2),
  ];
  await gt("sling", ...batch, "web");
  await submitted(...batch);
  await gt("refinery", "start", "web");
  await landed(...batch);
  const [run, ...more] = await runsOf(access.ledger, "web");
  expect([run?.gateRuns, more]).toEqual([1, []]);
  const [third = "", first = "", second = ""] = batch;
  expect(onMain("%(trailers:key=Gastown-Issue,valueonly,separator=%x20)")).toEqual([first, second, third]);
  for (const id of batch) {
    const [request] = await requestsFor(id);
    expect(request).toMatchObject({ closeReason: "merged", landedBy: "queue" });
    expect((await access.ledger.get(id))?.closeReason).toBe(`Merged in ${request?.id}`);
  }
  expect(readEvents(work.town.paths.events, { filter: { types: ["merged"] } })).toHaveLength(3);
  const left = () =>
    git(work.origin("web"), "branch", "--list", "polecat/*") +
    work.git("web", "for-each-ref", "refs/heads/polecat", "refs/remotes/origin/polecat", "refs/gt/mq");
  await waitFor(() => left() === "", { ...patient, what: "no branch and no ref to be left" });

  await gt("refinery", "stop", "web");
  const rivals = [
    await bead("Say one", "echo one > shared.txt"),
    await bead("Say two", "echo two > shared.txt"),
  ];
  await gt("sling", ...rivals, "web");
  await submitted(...rivals);
  const before = (await Promise.all(rivals.map(requestsFor))).flat().map(({ id }) => id);
  await gt("refinery", "start", "web");
  await landed(...rivals);
  const after = (await Promise.all(rivals.map(requestsFor))).flat();
  expect(
    after.map(({ id }) => id),
    "the same requests",
  ).toEqual(before);
  expect(after.map(({ retryCount }) => retryCount).toSorted()).toEqual([0, 1]);
  const tasks = await access.ledger.find({ labels: ["gt:conflict-resolve"] });
  expect(tasks).toMatchObject([
    { status: "closed", title: expect.stringMatching(/^Resolve merge conflicts: Say/) },
  ]);
  expect(git(work.origin("web"), "show", "main:shared.txt")).toBe("both");

  writeFileSync(hold, "");
  const [again, beside] = [
    await bead("Done twice", "echo old > again.txt"),
    await bead("Beside it", "echo x > x.txt"),
  ];
  await gt("refinery", "stop", "web");
  await gt("sling", again, beside, "web");
  await submitted(again, beside);
  const [old] = await requestsFor(again);
  await gt("refinery", "start", "web");
  await waitFor(async () => (await runsOf(access.ledger, "web"))[0]?.probes.at(-1)?.verdict === undefined, {
    ...{ ...patient, what: "a gate that runs" },
  });
  work.write(`${again}.sh`, "echo new > again.txt");
  await gt("sling", again, "web", "--force");
  await waitFor(async () => (await requestsFor(again)).length === 2, {
    ...patient,
    what: "the second submission",
  });
  rmSync(hold);
  await landed(again, beside);
  expect(await requestsFor(again)).toMatchObject([
    { id: old?.id, closeReason: "superseded" },
    { closeReason: "merged" },
  ]);
  expect(git(work.origin("web"), "show", "main:again.txt")).toBe("new");
  expect(onMain("%H", "--", "again.txt")).toHaveLength(1);

  // Whoever worked here, only the queue has pushed the target.
  const runs = await runsOf(access.ledger, "web");
  const ours = new Set(runs.flatMap(({ items }) => items.map(({ landing }) => landing)));
  const values = git(work.origin("web"), "reflog", "show", "--format=%H", "refs/heads/main").split("\n");
  expect(values.filter((value) => !ours.has(value))).toEqual([]);
}, 300_000);
