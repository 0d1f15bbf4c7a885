import type { RunProbe, RunRecord } from "../../../../src/core/merge/run-record.ts";

/** A run over `size` members of which these prefixes were gated. */
export function runOf(
  size: number,
  probes: readonly (readonly [prefix: number, verdict?: RunProbe["verdict"]])[],
  pushedUpTo = 0,
): RunRecord {
  return {
    id: "run-1",
    rig: "web",
    target: "main",
    state: "gating",
    strategy: "mr",
    base: "b",
    ids: Array.from({ length: size }, (_, index) => `mr-${index + 1}`),
    items: [],
    expect: "b",
    pushedUpTo,
    probes: probes.map(([prefix, verdict]) => ({
      prefix,
      attempt: 1,
      gate: "test",
      tree: "t",
      log: "",
      startedAt: 0,
      pgid: 1,
      started: "",
      ...(verdict === undefined ? {} : { verdict }),
    })),
    owner: { pid: 1, started: "", host: "" },
    heartbeat: 0,
    startedAt: 0,
    landed: [],
    ejected: [],
    gateRuns: probes.length,
    because: "",
  };
}
