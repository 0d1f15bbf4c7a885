import { expect, test } from "vitest";
import { openTown } from "../../../src/core/town/open-town.ts";
import { settingAt } from "../../../src/core/town/setting.ts";
import { PlainTown } from "../../support/plain-town.ts";

/** The keys below `operational.` with their defaults (spec/04 §0.6). */
const defaults: Readonly<Record<string, unknown>> = {
  ...{
    "health.stalled": "15m",
    "health.gupp": "30m",
    "health.stalled_ralph": "2h",
    "health.gupp_ralph": "4h",
  },
  ...{ "health.weak_credit": "30m", "session.start_probe": "3s", "session.start_timeout": "60s" },
  ...{ "session.graceful_stop": "3s", "session.end_grace": "3s", "session.nudge_verify": "25s" },
  ...{ "session.nudge_retries": 2, "polecat.heartbeat_stale": "3m", "polecat.max_working": 25 },
  ...{ "polecat.max_dirs": 30, "polecat.pool_size": 50, "polecat.session_on_done": "end" },
  ...{ "snapshot.interval": "10m", "snapshot.quiet": "30s", "snapshot.min_gap": "2m" },
  ...{ "snapshot.max_file_mb": 50 },
  ...{ "disk.warn_mb": 1024, "disk.block_mb": 500, "daemon.pressure_cpu": 0, "daemon.pressure_mem_gb": 0 },
  ...{ "daemon.pressure_sessions": 0, "witness.interval": "60s", "witness.spawn_grace": "5m" },
  ...{ "witness.startup_stall": "90s", "witness.startup_quiet": "60s", "witness.done_stuck_dead": "60s" },
  ...{ "witness.done_stuck_alive": "10m", "witness.max_bead_respawns": 3, "witness.max_session_restarts": 3 },
  ...{ "witness.session_restart_window": "15m", "daemon.heartbeat": "3m", "daemon.mass_death_window": "30s" },
  ...{ "daemon.mass_death_count": 3, "daemon.idle_polecat_session": "15m", "daemon.idle_dog_session": "1h" },
  ...{ "daemon.idle_dog_remove": "4h", "daemon.stale_working_dog": "2h", "daemon.max_dogs": 4 },
  ...{ "daemon.lifecycle_mail_max_age": "6h", "daemon.deacon_grace": "5m", "deacon.stale": "5m" },
  ...{ "deacon.very_stale": "20m", "deacon.redispatch_max": 3, "deacon.redispatch_cooldown": "5m" },
  ...{ "deacon.feed_max": 3, "deacon.feed_cooldown": "10m", "deacon.ping_timeout": "30s" },
  ...{ "deacon.ping_failures": 3, "deacon.ping_cooldown": "5m", "deacon.stale_hook": "1h" },
};

test("every key of the lifecycle has the default of the chapter, and gets it back for a value that is none, with a warning", async () => {
  const scratch = new PlainTown();
  try {
    const keys = Object.keys(defaults);
    const read = () =>
      Object.fromEntries(keys.map((key) => [key, settingAt(town.settings(), `operational.${key}`)]));
    const problems: string[] = [];
    const town = openTown(scratch.root, { env: {}, onProblem: ({ key }) => problems.push(key) });
    expect(read()).toEqual(defaults);
    expect(problems).toEqual([]);

    const operational: Record<string, Record<string, unknown>> = {};
    for (const key of keys) {
      const [group = "", name = ""] = key.split(".");
      operational[group] = { ...operational[group], [name]: "soon" };
    }
    scratch.write("settings/config.json", { operational });
    expect(read()).toEqual(defaults);
    expect(problems.sort()).toEqual(keys.map((key) => `operational.${key}`).sort());
  } finally {
    await scratch.dispose();
  }
});
