/** What a loop's range says (spec/02 §2.5). */
export type RangeResult =
  | { readonly kind: "values"; readonly first: number; readonly last: number }
  | { readonly kind: "wrong"; readonly reason: string };

/** `1..2^{disks}-1` as integers; `{name}` is looked up. */
export function evaluateRange(range: string, lookUp: (name: string) => string | undefined): RangeResult {
  const [from, to, ...others] = range.split("..");
  if (from === undefined || to === undefined || others.length > 0)
    return { kind: "wrong", reason: `"${range}" is not of the form <first>..<last>` };
  try {
    const first = Math.trunc(new Expression(from, lookUp).value());
    const last = Math.trunc(new Expression(to, lookUp).value());
    if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last))
      return { kind: "wrong", reason: `"${range}" is too large` };
    if (last < first)
      return { kind: "wrong", reason: `"${range}" ends at ${last}, before its start ${first}` };
    return { kind: "values", first, last };
  } catch (error) {
    return { kind: "wrong", reason: `"${range}": ${(error as Error).message}` };
  }
}

/** `+ - * / ^ ( )`, unary minus, `^` to the right. */
class Expression {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string, lookUp: (name: string) => string | undefined) {
    const filled = text.replace(/\{([a-zA-Z_]\w*)\}/g, (_whole, name: string) => {
      const value = lookUp(name);
      if (value === undefined) throw new Error(`{${name}} has no value`);
      if (!/^\s*-?\d+\s*$/.test(value)) throw new Error(`{${name}} is "${value}", not an integer`);
      return `(${value.trim()})`;
    });
    this.#tokens = filled.match(/\d+|[-+*/^()]|[^\s]/g) ?? [];
  }

  value(): number {
    const value = this.#sum();
    if (this.#at < this.#tokens.length) throw new Error(`unexpected "${this.#tokens[this.#at]}"`);
    return value;
  }

  #take(...wanted: readonly string[]): string | undefined {
    const token = this.#tokens[this.#at];
    if (token === undefined || !wanted.includes(token)) return undefined;
    this.#at++;
    return token;
  }

  #sum(): number {
    let value = this.#product();
    for (let sign = this.#take("+", "-"); sign !== undefined; sign = this.#take("+", "-")) {
      const other = this.#product();
      value = sign === "+" ? value + other : value - other;
    }
    return value;
  }

  #product(): number {
    let value = this.#sign();
    for (let sign = this.#take("*", "/"); sign !== undefined; sign = this.#take("*", "/")) {
      const other = this.#sign();
      if (sign === "/" && other === 0) throw new Error("division by zero");
      value = sign === "*" ? value * other : value / other;
    }
    return value;
  }

  #sign(): number {
    return this.#take("-") === undefined ? this.#power() : -this.#sign();
  }

  #power(): number {
    const base = this.#atom();
    return this.#take("^") === undefined ? base : base ** this.#sign();
  }

  #atom(): number {
    if (this.#take("(") !== undefined) {
      const value = this.#sum();
      if (this.#take(")") === undefined) throw new Error('a ")" is missing');
      return value;
    }
    const token = this.#tokens[this.#at++];
    if (token === undefined || !/^\d+$/.test(token))
      throw new Error(token === undefined ? "it ends too early" : `unexpected "${token}"`);
    return Number(token);
  }
}
