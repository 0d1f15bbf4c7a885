import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { convoyViews, readinessContext } from "../../../src/core/convoys/convoy-view.ts";
import { readConvoys } from "../../../src/core/convoys/convoy-snapshot.ts";
import { planFeed } from "../../../src/core/convoys/feed.ts";
import { checkConvoys } from "../../../src/core/convoys/landing.ts";
import { newConvoy } from "../../../src/core/convoys/new-convoy.ts";
import { openLedger } from "../../../src/core/ledger/open-ledger.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const chainLength = 40;

test("a convoy is fed, shown and landed without a look at beads that are not its own", async () => {
  const ledger = await openLedger({ path: join(temporaryDirectory(), "beads.db"), create: true });
  onTestFinished(() => ledger.close());
  await ledger.write("system", [
    { op: "registerPrefix", prefix: "hq", scope: "town", path: "." },
    { op: "registerPrefix", prefix: "web", scope: "web", path: "web" },
  ]);
  const { created } = await ledger.write(
    "system",
    Array.from({ length: chainLength + 500 }, (_, n) => ({
      op: "create",
      bead: { title: `Bead ${n}`, scope: "web" },
    })),
  );
  const chain = created.slice(0, chainLength);
  await ledger.write("system", [
    ...chain.slice(1).map((id, n) => ({
      op: "addDependency" as const,
      edge: { from: id, to: chain[n] ?? "", type: "blocks" },
    })),
    ...newConvoy({ title: "Chain", owner: "overseer", issues: chain }),
  ]);
  const { database } = ledger;
  const asked = new Set<string>();
  for (const word of ["prepare", "pluck"] as const) {
    const ask = database[word].bind(database);
    database[word] = (sql) => {
      asked.add(sql);
      return ask(sql);
    };
  }

  const steps = planFeed(await readConvoys(ledger), {
    ...(await readinessContext(ledger)),
    feedMax: 5,
    graceMs: 0,
  });
  await convoyViews(ledger);
  await checkConvoys(ledger, "daemon", Date.now());

  expect(steps.map((step) => step.bead)).toEqual([chain[0]]);
  const reads = [...asked].filter((sql) => /^\s*(SELECT|WITH)/i.test(sql));
  expect(reads.length).toBeGreaterThan(3);
  for (const sql of reads) {
    const plan = database
      .all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, ...Array(sql.split("?").length - 1).fill(""))
      .map((row) => row.detail);
    for (const line of plan)
      expect(line, sql).not.toMatch(/^SCAN (issues|i|dependencies|d|labels|l|events)\b|issues_unclosed/);
  }
});
