import type { RuntimeReport } from "../sessions/session-host.ts";
import type { TownAccess } from "../town-access.ts";

/** Tells the host what a runtime's hook says. False for an agent that no host started: there is nobody to tell. */
export async function reportToHost(
  access: TownAccess,
  env: NodeJS.ProcessEnv,
  event: RuntimeReport["event"],
): Promise<boolean> {
  const session = env["GT_SESSION"] ?? "";
  const runId = env["GT_RUN"] ?? "";
  if (session === "" || runId === "") return false;
  try {
    const host = await access.host({ start: false });
    await host.report(session, { runId, event });
    return true;
  } catch {
    // No host, or a successor runs already: a dying predecessor does not speak for it.
    return false;
  }
}
