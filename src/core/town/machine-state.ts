import { join } from "node:path";
import { type Random, systemRandom } from "../random.ts";
import { readJsonFile, writeJsonFile } from "./json-file.ts";
import { stateDirectory } from "./known-towns.ts";

/** Makes this machine's state file when there is none (spec/07 §4.4). A missing one means: enabled. */
export async function rememberMachine(
  env: NodeJS.ProcessEnv,
  now: string,
  random: Random = systemRandom,
): Promise<void> {
  const file = join(stateDirectory(env), "state.json");
  if (readJsonFile(file) !== undefined) return;
  await writeJsonFile(
    file,
    {
      version: 1,
      enabled: true,
      machine_id: Buffer.from(random.bytes(4)).toString("hex"),
      installed_at: now,
      updated_at: now,
    },
    { mode: 0o600 },
  );
}
