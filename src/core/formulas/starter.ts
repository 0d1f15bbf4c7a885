export const starterTypes = ["task", "workflow", "patrol", "convoy", "expansion", "aspect"] as const;
export type StarterType = (typeof starterTypes)[number];

const head = (
  name: string,
  type: string,
): string => `# What each key means: gt formula show <name> of any shipped formula.
formula = "${name}"
type = "${type}"
version = 1
`;

const starters: Readonly<Record<StarterType, (name: string) => string>> = {
  task: (name) => `${head(name, "workflow")}description = "Do one thing: {{feature}}."

[vars.feature]
description = "what is to be done"
required = true

[[steps]]
id = "do"
title = "Do {{feature}}"
description = """
Goal: say what is different afterwards.

1. Which commands to use.

Record: what is noted, and where.
"""
acceptance = "How one sees that it is done."
`,
  workflow: (name) => `${head(name, "workflow")}description = "Build and check {{feature}}."
# Frequent and cheap: leave pour out (one bead). Rare and expensive: pour = true (one bead for each step).
# pour = true

[vars.feature]
description = "what is to be built"
required = true

[[steps]]
id = "build"
title = "Build {{feature}}"
description = "What to do, with which commands, and what to note."
acceptance = "How one sees that it is done."

[[steps]]
id = "check"
title = "Check {{feature}}"
needs = ["build"]
description = "What must be true."

# A step that waits for a person:
# [[steps]]
# id = "release"
# title = "Release"
# needs = ["check"]
# [steps.gate]
# type = "human"
# await_id = "Shall it be released?"
`,
  patrol: (name) => `${head(name, "workflow")}description = "One round of looking after things."
wisp_type = "patrol"

[[steps]]
id = "look"
title = "Look"
description = "What to look at, and which command shows it."

[[steps]]
id = "act"
title = "Act on what was found"
needs = ["look"]
description = "What to do about each finding."

[[steps]]
id = "loop-or-exit"
title = "Report and go on"
needs = ["act"]
description = "\`gt patrol report --summary \\"<what was found>\\"\` ends this round and begins the next one."
`,
  convoy: (name) => `${head(name, "convoy")}description = "Looks at something from several sides at once."
review_only = true

[inputs.problem]
description = "what is looked at"
required = true

[prompts]
base = """
# {{leg.title}}

{{problem}}

Your side: {{leg.focus}}

{{leg.description}}

Write your findings to {{output_path}}.
"""

[output]
directory = ".convoys/{{run_id}}"
leg_pattern = "{{leg.id}}.md"
synthesis = "summary.md"

[[legs]]
id = "benefits"
title = "Benefits"
focus = "What speaks for it"

[[legs]]
id = "risks"
title = "Risks"
focus = "What speaks against it"

[synthesis]
title = "Summary"
description = "Read what all legs wrote and turn it into one answer."
`,
  expansion: (
    name,
  ) => `${head(name, "expansion")}description = "Takes the place of a step: draft, then check."

[[template]]
id = "{target}.draft"
title = "Draft: {target.title}"
description = "{target.description}"

[[template]]
id = "{target}.check"
title = "Check: {target.title}"
needs = ["{target}.draft"]
description = "What must be true of the draft."
`,
  aspect: (
    name,
  ) => `${head(name, "aspect")}description = "Goes around steps of other formulas: [compose] aspects = [\\"${name}\\"]."

[[advice]]
# A glob on step ids.
target = "*"

[advice.before]
id = "{step.id}-before"
title = "Before {step.title}"
description = "What to do first."
`,
};

/** A commented formula to begin with, which passes the check as it is (spec/02 §13.1). */
export function starterText(type: StarterType, name: string): string {
  return starters[type](name);
}
