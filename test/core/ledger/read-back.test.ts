import fc from "fast-check";
import { expect, it } from "vitest";
import { GtError } from "../../../src/core/gt-error.ts";
import type { Ledger } from "../../../src/core/ledger/ledger.ts";
import { readBack } from "../../../src/core/ledger/read-back.ts";
import { scratchLedger } from "./scratch-ledger.ts";

const agents = ["gastown/polecats/nux", "gastown/polecats/slit"];

interface Picture {
  readonly at: number;
  readonly statuses: ReadonlyMap<string, string>;
  readonly hooks: ReadonlyMap<string, string>;
  readonly states: ReadonlyMap<string, string>;
}

async function picture(ledger: Ledger, at: number): Promise<Picture> {
  const beads = await ledger.find({ notType: "agent" });
  const known = await ledger.agents();
  return {
    at,
    statuses: new Map(beads.map(({ id, status }) => [id, status])),
    hooks: new Map(known.map(({ address, hookBead }) => [address, hookBead])),
    states: new Map(known.map(({ address, state }) => [address, state])),
  };
}

/** What the present and what was undone say about the moment. */
async function rebuilt(ledger: Ledger, at: number): Promise<Picture> {
  const past = await readBack(ledger, at);
  const now = await picture(ledger, at);
  expect(past.isPartial).toBe(false);
  const statuses = [...now.statuses].map(([id, status]) => [id, past.statuses.get(id) ?? status] as const);
  const living = [...now.states.keys()].filter((address) => past.agents.get(address)?.isAbsent !== true);
  return {
    at,
    statuses: new Map(statuses.filter(([, status]) => status !== "absent")),
    hooks: new Map(living.map((one) => [one, past.agents.get(one)?.hookBead ?? now.hooks.get(one) ?? ""])),
    states: new Map(living.map((one) => [one, past.agents.get(one)?.state ?? now.states.get(one) ?? ""])),
  };
}

const step = fc.record({
  kind: fc.constantFrom("create", "hook", "unhook", "close", "reopen", "state", "agent"),
  bead: fc.nat(5),
  agent: fc.nat(1),
});

it("whatever happened since, reading back gives the beads and agents of each moment", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
      const { ledger, clock } = await scratchLedger();
      const beads: string[] = [];
      const pictures = [await picture(ledger, clock.now())];
      for (const { kind, bead, agent } of steps) {
        clock.advance(1000);
        const id = beads[bead % Math.max(1, beads.length)] ?? "";
        const address = agents[agent] ?? "";
        const hasAgent = (await ledger.agent(address)) !== undefined;
        // A step that the rules refuse changes nothing.
        const attempt = async (): Promise<void> => {
          if (kind === "create") {
            const { created } = await ledger.write("overseer", [
              { op: "create", bead: { title: "Work", type: "task" } },
            ]);
            beads.push(...created);
          } else if (kind === "agent" && !hasAgent)
            await ledger.write("overseer", [
              {
                op: "ensureAgent",
                agent: { id: `gt-gastown-polecat-${agent}`, address, role: "polecat", rig: "gastown" },
              },
            ]);
          else if (kind === "hook" && hasAgent)
            await ledger.write(address, [{ op: "hook", address, bead: id }]);
          else if (kind === "unhook" && hasAgent) await ledger.write(address, [{ op: "unhook", address }]);
          else if (kind === "state" && hasAgent)
            await ledger.write(address, [
              { op: "setAgent", address, fields: { state: bead % 2 === 0 ? "working" : "stuck" } },
            ]);
          else if (kind === "close")
            await ledger.write("overseer", [{ op: "close", id, close: { reason: "done" } }]);
          else if (kind === "reopen")
            await ledger.write("overseer", [{ op: "reopen", id, reason: "not done" }]);
        };
        await attempt().catch((error: unknown) => {
          if (!(error instanceof GtError)) throw error;
        });
        pictures.push(await picture(ledger, clock.now()));
      }
      for (const wanted of pictures) expect(await rebuilt(ledger, wanted.at)).toEqual(wanted);
    }),
    { numRuns: 40 },
  );
}, 60_000);
