import type { Role } from "../ledger/bead.ts";

/** One symbol per role everywhere (spec/06 §9.6). */
export const roleIcons: Readonly<
  Record<Role | "overseer", { readonly icon: string; readonly ascii: string }>
> = {
  overseer: { icon: "👤", ascii: "H" },
  mayor: { icon: "🎩", ascii: "M" },
  deacon: { icon: "🐺", ascii: "D" },
  boot: { icon: "🐾", ascii: "B" },
  dog: { icon: "🐕", ascii: "d" },
  witness: { icon: "🦉", ascii: "W" },
  refinery: { icon: "🏭", ascii: "R" },
  crew: { icon: "👷", ascii: "C" },
  polecat: { icon: "😺", ascii: "P" },
};
