import { components } from "../merge/break-cycles.ts";
import { isBeadId } from "../new-id.ts";
import { findBlockedDrift, recomputeBlockedState } from "../store/blocked-state.ts";
import type { SqliteLedger } from "../store/sqlite-ledger.ts";
import type { Check } from "./check.ts";
import { listed } from "./finding.ts";

const fix = "bd doctor --fix";

export const beadChecks: readonly Check[] = [
  {
    name: "orphan-edges",
    category: "beads",
    async examine({ ledger }) {
      return listed(orphanEdges(ledger), "warning", {
        none: "every edge leads to a bead",
        some: "edge(s) lead to beads that are not here; they hold nobody back",
      });
    },
  },
  {
    name: "dotted-ids",
    category: "beads",
    async examine({ ledger }) {
      const ids = ledger.database.values<string>(
        `SELECT id FROM issues i WHERE instr(id, '.') > 0
           AND NOT EXISTS (SELECT 1 FROM dependencies d WHERE d.issue_id = i.id AND d.type = 'parent-child')`,
      );
      return listed(ids, "warning", {
        none: "every child has its parent",
        some: "bead(s) with a child's id have no parent; they are listed below the bead that their id names",
      });
    },
  },
  {
    name: "cycles",
    category: "beads",
    async examine({ ledger }) {
      const cycles = storedCycles(ledger).map((ids) => ids.join(", "));
      return listed(cycles, "error", {
        none: "no dependency cycles",
        some: "dependency cycle(s); their beads can never start",
        fix: "bd dep remove",
      });
    },
  },
  {
    name: "blocked-state",
    category: "beads",
    async examine({ ledger }) {
      return listed(findBlockedDrift(ledger.database, ledger.statuses()), "error", {
        none: "ready and blocked are exact",
        some: "bead(s) have a wrong blocked state",
        fix,
      });
    },
    async repair({ ledger }) {
      await ledger.database.write(() => recomputeBlockedState(ledger.database, ledger.statuses()));
    },
  },
  {
    name: "closed-at",
    category: "beads",
    async examine({ ledger }) {
      const ids = ledger.database.values<string>(
        "SELECT id FROM issues WHERE (status = 'closed') <> (closed_at IS NOT NULL)",
      );
      return listed(ids, "error", {
        none: "closed beads have a time of closing",
        some: "bead(s) with a wrong closed_at",
        fix,
      });
    },
    async repair({ ledger }) {
      await ledger.database.write(() => {
        ledger.database.run(
          "UPDATE issues SET closed_at = updated_at WHERE status = 'closed' AND closed_at IS NULL",
        );
        ledger.database.run(
          "UPDATE issues SET closed_at = NULL WHERE status <> 'closed' AND closed_at IS NOT NULL",
        );
      });
    },
  },
  {
    name: "agents",
    category: "beads",
    async examine({ ledger }) {
      return listed(agentProblems(ledger), "warning", {
        none: "agents and hooked beads agree",
        some: "agent(s) and beads disagree about who holds what",
        fix,
      });
    },
    async repair({ ledger, actor }) {
      // The bead says who holds it; the agent's pointer follows (spec/01 §6.1).
      for (const { address } of wrongHooks(ledger))
        await ledger.write(actor, [{ op: "setAgent", address, fields: { hookBead: "", hookState: "" } }]);
    },
  },
  {
    name: "rig-beads",
    category: "beads",
    async examine({ ledger }) {
      return listed(unexportedRigs(ledger), "warning", {
        none: "what holds for a project reaches other clones",
        some: "bead(s) of rigs are kept out of the export, as older programs made them",
        fix,
      });
    },
    async repair({ ledger, actor }) {
      const ids = unexportedRigs(ledger);
      await ledger.write(
        actor,
        ids.map((id) => ({ op: "update", id, fields: { noHistory: false } })),
      );
    },
  },
  {
    name: "id-grammar",
    category: "beads",
    async examine({ ledger }) {
      const ids = ledger.database.values<string>("SELECT id FROM issues").filter((id) => !isBeadId(id));
      return listed(ids, "warning", {
        none: "ids are well-formed",
        some: "bead(s) with an odd id",
        fix: "bd rename",
      });
    },
  },
];

function unexportedRigs(ledger: SqliteLedger): readonly string[] {
  return ledger.database.values<string>(
    "SELECT id FROM issues WHERE issue_type = 'rig' AND no_history = 1 AND is_template = 0 ORDER BY id",
  );
}

function orphanEdges(ledger: SqliteLedger): readonly string[] {
  return ledger.database.values<string>(
    `SELECT issue_id || ' -> ' || depends_on_id FROM dependencies d
     WHERE depends_on_id NOT LIKE 'external:%' AND NOT EXISTS (SELECT 1 FROM issues i WHERE i.id = d.depends_on_id)
     ORDER BY 1`,
  );
}

/** Groups of beads that wait for each other; they got there by imports and merges. */
export function storedCycles(ledger: SqliteLedger): readonly (readonly string[])[] {
  const { settledSql } = ledger.statuses();
  const rows = ledger.database.all<{ from: string; to: string; type: string }>(
    `SELECT d.issue_id AS "from", d.depends_on_id AS "to", d.type FROM dependencies d
     JOIN issues i ON i.id = d.issue_id AND i.status NOT IN (${settledSql})
     JOIN issues t ON t.id = d.depends_on_id AND t.status NOT IN (${settledSql})
     WHERE d.type IN ('blocks', 'conditional-blocks', 'parent-child')`,
  );
  const graph = new Map<string, string[]>();
  const add = (from: string, to: string): void => {
    const needed = graph.get(from);
    if (needed === undefined) graph.set(from, [to]);
    else needed.push(to);
  };
  for (const { from, to, type } of rows) {
    if (type === "parent-child") {
      add(`s:${from}`, `s:${to}`);
      add(`f:${to}`, `f:${from}`);
    } else add(`s:${from}`, `f:${to}`);
  }
  for (const id of new Set(rows.flatMap(({ from, to }) => [from, to]))) add(`f:${id}`, `s:${id}`);
  const members = Map.groupBy(components(graph), ([, component]) => component);
  return [...members.values()]
    .filter((nodes) => nodes.length > 1)
    .map((nodes) => [...new Set(nodes.map(([node]) => node.slice(2)))].sort());
}

function wrongHooks(ledger: SqliteLedger): readonly { readonly address: string; readonly bead: string }[] {
  return ledger.database.all<{ address: string; bead: string }>(
    `SELECT a.address, a.hook_bead AS bead FROM agents a LEFT JOIN issues i ON i.id = a.hook_bead
     WHERE a.hook_bead <> '' AND (i.id IS NULL OR (i.status IN ('hooked', 'in_progress') AND i.assignee <> a.address))
     ORDER BY a.address`,
  );
}

function agentProblems(ledger: SqliteLedger): readonly string[] {
  const rowless = ledger.database.values<string>(
    "SELECT id FROM issues i WHERE issue_type = 'agent' AND status <> 'closed' AND NOT EXISTS (SELECT 1 FROM agents a WHERE a.id = i.id)",
  );
  return [
    ...wrongHooks(ledger).map(({ address, bead }) => `${address} points at ${bead}, which it does not hold`),
    ...rowless.map((id) => `${id} has no agent's row`),
  ];
}
