import { actingFlows } from "./acting.ts";
import { activityFlows } from "./activity.ts";
import type { Flow } from "./flow.ts";
import { viewFlows } from "./views.ts";

/** Everything that a person can do in the TUI, one flow each. */
export const allFlows: readonly Flow[] = [...activityFlows, ...actingFlows, ...viewFlows];
