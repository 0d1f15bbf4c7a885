/** What one often writes to an agent; Tab in the composer goes through them. */
export const nudgeTemplates: readonly string[] = ["status?", "run gt done if finished", "continue"];
