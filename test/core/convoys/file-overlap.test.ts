import { expect, test } from "vitest";
import { declaredFiles, overlapsIn } from "../../../src/core/convoys/file-overlap.ts";
import { scratchLedger } from "../ledger/scratch-ledger.ts";

const text = (description: string) => ({ title: "", description, design: "", acceptanceCriteria: "" });

test("the files a bead speaks of are found, and what only looks like one is not", () => {
  const found = declaredFiles(
    text(
      "Change `src/core/parse.ts`, README.md and (web/app.test.tsx). See https://example.com/a.html, v1.2.3, e.g. 3.14.",
    ),
  );
  expect([...found]).toEqual(["src/core/parse.ts", "README.md", "web/app.test.tsx"]);
});

test("beads of one wave and rig that speak of the same files are named, those of different waves are not", async () => {
  const { ledger } = await scratchLedger();
  const { created } = await ledger.write("overseer", [
    { op: "create", bead: { title: "One: src/a.ts and src/b.ts", scope: "town" } },
    { op: "create", bead: { title: "Two: src/a.ts, src/b.ts", scope: "town" } },
    { op: "create", bead: { title: "Three: src/a.ts", scope: "town" } },
  ]);
  const [one = "", two = "", three = ""] = created;
  const beads = await ledger.getMany(created);
  expect(overlapsIn([[one, two], [three]], beads)).toEqual([
    { beads: [one, two], files: ["src/a.ts", "src/b.ts"] },
  ]);
});
