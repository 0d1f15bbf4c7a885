import { isReservedName } from "../../core/town/address.ts";

/** Rule for names that a person makes up: custom themes and `--create` (spec/04 §3.2). */
export function isCustomName(name: string): boolean {
  return /^[a-z][a-z0-9-]*$/.test(name) && name.length > 3 && !isReservedName(name);
}

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** The built-in themes, each of 50 names in the order of their use (spec/04 §3.2). */
export const builtInThemes: Readonly<Record<string, readonly string[]>> = {
  "mad-max": words(`
    furiosa nux slit rictus dementus capable toast dag cheedo valkyrie keeper morsov ace warboy imperator organic
    coma splendid angharad max immortan bullet toecutter goose nightrider glory scrotus chumbucket corpus dinki
    prime vuvalini rockryder wretched buzzard gastown bullet-farmer citadel wasteland fury road-warrior interceptor
    blackfinger wraith witness chrome shiny mediocre guzzoline aqua-cola`),
  minerals: words(`
    obsidian quartz jasper onyx opal topaz garnet ruby amber jade pearl flint granite basalt marble shale slate
    pyrite mica agate malachite turquoise lapis emerald sapphire diamond amethyst citrine zircon peridot coral jet
    moonstone sunstone bloodstone rhodonite sodalite hematite magnetite calcite fluorite selenite kyanite
    labradorite amazonite chalcedony carnelian aventurine chrysoprase heliodor`),
  wasteland: words(`
    rust chrome nitro guzzle witness shiny fury thunder dust scavenger radrat ghoul mutant raider vault pipboy nuka
    brahmin deathclaw mirelurk synth institute enclave brotherhood minuteman railroad atom crater foundation refuge
    settler wanderer courier lone chosen tribal khan legion ncr ranger overseer sentinel paladin scribe initiate
    elder lancer knight squire proctor`),
};

/**
 * The theme of a rig that chose none: spread over the built-in ones by the rig's name. Those in `avoid`, of other rigs,
 * only when there is no other.
 */
export function defaultTheme(rig: string, avoid: ReadonlySet<string> = new Set()): string {
  const all = Object.keys(builtInThemes).sort();
  const others = all.filter((theme) => !avoid.has(theme));
  const themes = others.length > 0 ? others : all;
  let hash = 0;
  for (const byte of Buffer.from(rig)) hash = (Math.imul(hash, 31) + byte) >>> 0;
  return themes[hash % themes.length] ?? "minerals";
}

export interface NamePool {
  /** Names in the order of their use. */
  readonly names: readonly string[];
  /** Number of names used before numbering begins. */
  readonly size: number;
}

/** The names of a pool that are given at all: reserved ones are skipped, and what is beyond its size. */
export function usableNames(pool: NamePool): readonly string[] {
  return pool.names.filter((name) => !isReservedName(name)).slice(0, pool.size);
}

/**
 * The first free name: theme order, then numbers from just above the pool's size, or from `overflowNext` so that no
 * number is given twice (spec/04 §3.2-3.3).
 */
export function firstFreeName(
  pool: NamePool,
  isTaken: (name: string) => boolean,
  overflowNext = pool.size + 1,
): string {
  const named = usableNames(pool).find((name) => !isTaken(name));
  if (named !== undefined) return named;
  let number = Math.max(overflowNext, pool.size + 1);
  while (isTaken(String(number))) number += 1;
  return String(number);
}
