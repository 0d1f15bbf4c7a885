import { join } from "node:path";
import { GtError } from "../../core/gt-error.ts";
import { isObject, readJsonFile } from "../../core/town/json-file.ts";
import type { Town } from "../../core/town/town.ts";
import type { Tokens, Usage } from "./usage.ts";

/** USD for a million tokens of each kind. */
export interface Price {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
}

export interface PriceList {
  /** When the built-in prices were looked up. */
  readonly date: string;
  /** By a part of the model's name; the longest part that fits counts. */
  readonly prices: ReadonlyMap<string, Price>;
}

const sonnet: Price = { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 };
const builtIn: PriceList = {
  date: "2026-01-15",
  prices: new Map([
    ["opus", { input: 15, output: 75, cacheRead: 1.5, cacheWrite: 18.75 }],
    ["sonnet", sonnet],
    ["haiku", { input: 1, output: 5, cacheRead: 0.1, cacheWrite: 1.25 }],
    ["default", sonnet],
  ]),
};

export const pricingFile = (town: Town): string => join(town.root, "settings", "pricing.json");

/** The built-in prices under those of `settings/pricing.json`; `E_CONFIG` names the file and key that is wrong. */
export function readPrices(town: Town): PriceList {
  const file = pricingFile(town);
  const own = Object.entries(readJsonFile(file) ?? {}).filter(([key]) => key !== "type" && key !== "version");
  const prices = new Map(builtIn.prices);
  for (const [model, value] of own) prices.set(model.toLowerCase(), readPrice(file, model, value));
  return { date: builtIn.date, prices };
}

function readPrice(file: string, model: string, value: unknown): Price {
  const record = isObject(value) ? value : {};
  const number = (key: string): number => {
    const found = record[key];
    if (typeof found === "number" && found >= 0) return found;
    throw new GtError("E_CONFIG", `${file}: ${model}.${key}: a number >= 0 is needed`, {
      hint: "gt costs --verbose",
    });
  };
  return {
    input: number("input"),
    output: number("output"),
    cacheRead: number("cache_read"),
    cacheWrite: number("cache_write"),
  };
}

export interface Priced {
  readonly usd: number;
  /** No price is known for some model: the default was taken. */
  readonly isGuess: boolean;
}

/** What the usage costs. Pure. */
export function priceOf(usage: Usage, { prices }: PriceList): Priced {
  let usd = 0;
  let isGuess = false;
  for (const [model, { tokens, reportedUsd }] of usage) {
    if (reportedUsd !== undefined) {
      usd += reportedUsd;
      continue;
    }
    const known = [...prices.keys()]
      .filter((part) => part !== "default" && model.toLowerCase().includes(part))
      .toSorted((one, other) => other.length - one.length)[0];
    isGuess ||= known === undefined;
    usd += costOf(tokens, prices.get(known ?? "default") ?? sonnet);
  }
  return { usd, isGuess };
}

function costOf(tokens: Tokens, price: Price): number {
  const total =
    tokens.input * price.input +
    tokens.output * price.output +
    tokens.cacheRead * price.cacheRead +
    tokens.cacheWrite * price.cacheWrite;
  return total / 1_000_000;
}
