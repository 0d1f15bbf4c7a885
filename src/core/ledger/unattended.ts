import type { Ledger } from "./ledger.ts";

/** The same ledger, whose batches leave the duties of the rig alone (`Change.isUnattended`; spec/04 §2.1, `--no-boot`). */
export function unattended(ledger: Ledger): Ledger {
  const write: Ledger["write"] = (actor, operations) =>
    ledger.write(actor, [{ op: "unattended" }, ...operations]);
  return new Proxy(ledger, {
    get(target, name): unknown {
      if (name === "write") return write;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
