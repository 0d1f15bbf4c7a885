const name = "[A-Za-z0-9][\\w-]*(?:\\.[\\w-]+)*";
const operator = "(?:==|!=|>=|<=|>|<)";
const value = `(?:'[^']*'|"[^"]*"|[^\\s'"()]+)`;
const inner = `[\\w.-]+\\s*${operator}\\s*${value}`;

const whole = (source: string): RegExp => new RegExp(`^\\s*${source}\\s*$`);
const comparison = whole(`${name}\\s*${operator}\\s*${value}`);
const others = [
  `(?:children|descendants)\\(\\s*${name}\\s*\\)\\.(?:all|any)\\(\\s*${inner}\\s*\\)`,
  `(?:children|descendants)\\(\\s*${name}\\s*\\)\\.count\\(\\s*${inner}\\s*\\)\\s*${operator}\\s*\\d+`,
  "file\\.exists\\(\\s*(?:'[^']+'|\"[^\"]+\")\\s*\\)",
].map(whole);

const comparable =
  /^\s*(?:[\w.-]+\.(?:status|output(?:\.[\w-]+)+)|output(?:\.[\w-]+)+|steps\.\w+|env\.\w+)\s*[=!<>]/;

/** Whether a condition that is decided while the molecule runs has one of the forms of spec/02 §8.4. */
export function isRuntimeCondition(text: string): boolean {
  return others.some((form) => form.test(text)) || (comparison.test(text) && comparable.test(text));
}

export const runtimeConditionForms =
  "such as: build.status == 'complete', step.output.count > 3, children(step).all(status == 'complete'), file.exists('path'), env.NAME == 'x'";
