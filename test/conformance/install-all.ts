import { install } from "./install-cli.ts";
import { type CliName, packages } from "./packages.ts";

/** Installs all CLIs at once, beside the first stories; each story waits for its own one alone. */
export default function installAll(): () => Promise<void> {
  const ending = new AbortController();
  const all = (Object.keys(packages) as CliName[]).map((name) => install(name, ending.signal));
  return async () => {
    ending.abort();
    await Promise.all(all);
  };
}
