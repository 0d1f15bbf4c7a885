import { parseDuration } from "../../core/duration.ts";
import { isObject } from "../../core/town/json-file.ts";
import type { Town } from "../../core/town/town.ts";
import type { VerifyLimits } from "./start-verifier.ts";

const usual: VerifyLimits = { afterMs: 25_000, retries: 2 };

/** `operational.session.nudge_verify` and `nudge_retries`. Settings that cannot be read change nothing. */
export function verifyLimits(town: Town): VerifyLimits {
  try {
    const operational = town.settings()["operational"];
    const session = isObject(operational) ? operational["session"] : undefined;
    if (!isObject(session)) return usual;
    const { nudge_verify: after, nudge_retries: retries } = session;
    return {
      afterMs: (typeof after === "string" ? parseDuration(after) : undefined) ?? usual.afterMs,
      retries: typeof retries === "number" ? retries : usual.retries,
    };
  } catch {
    return usual;
  }
}
