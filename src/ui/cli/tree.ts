import type { CommandSpec } from "./command.ts";
import { completionCommands } from "./completion-command.ts";
import { accountCommands } from "./gt/account.spec.ts";
import { agentsCommands } from "./gt/agents.spec.ts";
import { attachCommands } from "./gt/attach.spec.ts";
import { beadCommands } from "./gt/bead.spec.ts";
import { broadcastCommands } from "./gt/broadcast.spec.ts";
import { checkpointCommands } from "./gt/checkpoint.spec.ts";
import { closeCommands } from "./gt/close.spec.ts";
import { configCommands } from "./gt/config.spec.ts";
import { convoyCommands } from "./gt/convoy.spec.ts";
import { costsCommands } from "./gt/costs.spec.ts";
import { crewCommands } from "./gt/crew.spec.ts";
import { daemonCommands } from "./gt/daemon.spec.ts";
import { demoCommands } from "./gt/demo.spec.ts";
import { dndCommands } from "./gt/dnd.spec.ts";
import { doctorCommands } from "./gt/doctor.spec.ts";
import { dogCommands } from "./gt/dog.spec.ts";
import { doneCommands } from "./gt/done.spec.ts";
import { escalateCommands } from "./gt/escalate.spec.ts";
import { estopCommands } from "./gt/estop.spec.ts";
import { feedCommands } from "./gt/feed.spec.ts";
import { gtFormulaCommands } from "./formula/formula.spec.ts";
import { gitInitCommands } from "./gt/git-init.spec.ts";
import { heartbeatCommands } from "./gt/heartbeat.spec.ts";
import { helpCommands } from "./gt/help.spec.ts";
import { hookCommands } from "./gt/hook.spec.ts";
import { directiveCommands } from "./gt/directive.spec.ts";
import { hooksCommands } from "./gt/hooks.spec.ts";
import { infoCommands } from "./gt/info.spec.ts";
import { installCommands } from "./gt/install.spec.ts";
import { logCommands } from "./gt/log.spec.ts";
import { mayorCommands } from "./gt/mayor.spec.ts";
import { mailCommands } from "./gt/mail.spec.ts";
import { moleculeCommands } from "./gt/mol.spec.ts";
import { mountainCommands } from "./gt/mountain.spec.ts";
import { mqCommands } from "./gt/mq.spec.ts";
import { nudgeCommands } from "./gt/nudge.spec.ts";
import { patrolRoleCommands } from "./gt/patrol-role.spec.ts";
import { patrolCommands } from "./gt/patrol.spec.ts";
import { peekCommands } from "./gt/peek.spec.ts";
import { pluginCommands } from "./gt/plugin.spec.ts";
import { polecatCommands } from "./gt/polecat.spec.ts";
import { primeCommands } from "./gt/prime.spec.ts";
import { refineryCommands } from "./gt/refinery.spec.ts";
import { rigCommands } from "./gt/rig.spec.ts";
import { roleCommands } from "./gt/role.spec.ts";
import { schedulerCommands } from "./gt/scheduler.spec.ts";
import { seanceCommands } from "./gt/seance.spec.ts";
import { sessionCommands } from "./gt/session.spec.ts";
import { signalCommands } from "./gt/signal.spec.ts";
import { warrantCommands } from "./gt/warrant.spec.ts";
import { worktreeCommands } from "./gt/worktree.spec.ts";
import { slingCommands } from "./gt/sling.spec.ts";
import { statusCommands } from "./gt/status.spec.ts";
import { synthesisCommands } from "./gt/synthesis.spec.ts";
import { tapCommands } from "./gt/tap.spec.ts";
import { trailCommands } from "./gt/trail.spec.ts";
import { upCommands } from "./gt/up.spec.ts";
import { versionCommands } from "./gt/version.spec.ts";

/**
 * Every command of `gt`. A group `x` keeps its cheap record in `gt/x.spec.ts` and its code, loaded when it runs, beside
 * it; one import and one line here add it.
 */
export const gtTree: readonly CommandSpec[] = [
  ...completionCommands("gt"),
  ...accountCommands,
  ...agentsCommands,
  ...attachCommands,
  ...beadCommands,
  ...broadcastCommands,
  ...checkpointCommands,
  ...closeCommands,
  ...configCommands,
  ...convoyCommands,
  ...costsCommands,
  ...crewCommands,
  ...daemonCommands,
  ...demoCommands,
  ...dndCommands,
  ...doctorCommands,
  ...dogCommands,
  ...doneCommands,
  ...escalateCommands,
  ...estopCommands,
  ...feedCommands,
  ...gtFormulaCommands,
  ...gitInitCommands,
  ...heartbeatCommands,
  ...helpCommands,
  ...hookCommands,
  ...directiveCommands,
  ...hooksCommands,
  ...infoCommands,
  ...installCommands,
  ...logCommands,
  ...mayorCommands,
  ...mailCommands,
  ...moleculeCommands,
  ...mountainCommands,
  ...mqCommands,
  ...nudgeCommands,
  ...patrolRoleCommands,
  ...patrolCommands,
  ...peekCommands,
  ...pluginCommands,
  ...polecatCommands,
  ...primeCommands,
  ...refineryCommands,
  ...rigCommands,
  ...roleCommands,
  ...schedulerCommands,
  ...seanceCommands,
  ...sessionCommands,
  ...signalCommands,
  ...slingCommands,
  ...worktreeCommands,
  ...statusCommands,
  ...synthesisCommands,
  ...tapCommands,
  ...trailCommands,
  ...upCommands,
  ...versionCommands,
  ...warrantCommands,
];
