// Daemon and session host of a town with 50 quiet agents: the promise is 1 % of a core and no process started.
// GT_BENCH_IDLE_SECONDS makes it longer than the default minute.
import { idleTown } from "./idle-town.ts";

export const title = "idle town, 50 sessions";

export default async function* () {
  if (process.platform !== "linux") return;
  const report = await idleTown(Number(process.env["GT_BENCH_IDLE_SECONDS"] ?? 60));
  yield { name: "daemon and host together", value: report.daemon + report.host, unit: "% of a core", bar: 1 };
  yield { name: "processes started", value: report.started + report.childTicks, unit: "", bar: 0 };
  yield { name: "sessions lost", value: 50 - report.sessions, unit: "", bar: 0 };
  yield { name: "daemon, resident", value: report.daemonMb, unit: "MB" };
  yield { name: "host, resident", value: report.hostMb, unit: "MB" };
}
