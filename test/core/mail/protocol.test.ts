import { describe, expect, it } from "vitest";
import { parseProtocol, protocolBody, protocolType } from "../../../src/core/mail/protocol.ts";

describe("structured mail", () => {
  it("knows its types by the longest beginning, exact and whole", () => {
    expect(protocolType("MERGED nux")).toBe("MERGED");
    expect(protocolType("MERGE_READY nux")).toBe("MERGE_READY");
    expect(protocolType("🤝 HANDOFF: context")).toBe("HANDOFF");
    expect(protocolType("SPAWN_STORM RECOVERED_BEAD gp-a1")).toBe("RECOVERED_BEAD");
    expect(protocolType("LIFECYCLE:Shutdown nux")).toBe("LIFECYCLE:Shutdown");
    expect(protocolType("HELPFUL hints")).toBeUndefined();
    expect(protocolType("merged nux")).toBeUndefined();
  });

  it("reads what it writes, whatever the spelling of the keys", () => {
    const body = protocolBody(
      { Branch: "polecat/nux/gp-a1", "Failure-Type": "tests", Error: "one\ntwo" },
      "free",
    );
    const message = parseProtocol("MERGE_FAILED nux", body, { rig: "greenplace" });
    expect(message?.value("failure type")).toBe("tests");
    expect(message?.value("Error")).toBe("one⏎two");
    expect(message?.value("Agent")).toBe("nux");
    expect(message?.value("Rig")).toBe("greenplace");
    expect(message?.text).toBe("free");
  });

  it("guesses nothing that is missing", () => {
    expect(() => parseProtocol("MERGED nux", "Branch: x")).toThrow("MERGED message without Rig");
    expect(parseProtocol("lunch?", "Branch: x")).toBeUndefined();
  });
});
