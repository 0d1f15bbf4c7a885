import { COLOUR, COLOUR_MODE, MODE_ANSI, MODE_PALETTE, MODE_RGB } from "./cell-grid.ts";

/** What the terminal can show; `none` is NO_COLOR. */
export type ColourDepth = "none" | "ansi" | "palette" | "rgb";

/** SGR parameters of a style word's colour, e.g. `38;5;81`, within what the terminal can show. */
export function colourCodes(style: number, base: 30 | 40, depth: ColourDepth): string {
  const mode = style & COLOUR_MODE;
  if (mode === 0 || depth === "none") return String(base + 9);
  const colour = style & COLOUR;
  if (mode === MODE_ANSI) return ansiCodes(colour, base);
  if (mode === MODE_PALETTE)
    return depth === "ansi" ? ansiCodes(nearestAnsi(paletteRgb(colour)), base) : `${base + 8};5;${colour}`;
  if (mode === MODE_RGB && depth === "rgb")
    return `${base + 8};2;${colour >> 16};${(colour >> 8) & 0xff};${colour & 0xff}`;
  if (depth === "palette") return `${base + 8};5;${nearestPalette(colour)}`;
  return ansiCodes(nearestAnsi(colour), base);
}

function ansiCodes(index: number, base: number): string {
  return String(index < 8 ? base + index : base + 52 + index);
}

function nearestPalette(rgb: number): number {
  const red = rgb >> 16;
  const green = (rgb >> 8) & 0xff;
  const blue = rgb & 0xff;
  if (Math.max(red, green, blue) - Math.min(red, green, blue) < 12) {
    if (red < 8) return 16;
    if (red > 246) return 231;
    return 232 + Math.round((red - 8) / 10.4);
  }
  const step = (value: number) => (value < 48 ? 0 : value < 115 ? 1 : Math.round((value - 55) / 40));
  return 16 + 36 * step(red) + 6 * step(green) + step(blue);
}

function paletteRgb(index: number): number {
  if (index < 16) return ansiRgb[index] ?? 0;
  if (index > 231) return (8 + (index - 232) * 10) * 0x10101;
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
  const cube = index - 16;
  return (level(Math.floor(cube / 36)) << 16) | (level(Math.floor(cube / 6) % 6) << 8) | level(cube % 6);
}

const ansiRgb = [
  0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5, 0x7f7f7f, 0xff0000,
  0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
];

function nearestAnsi(rgb: number): number {
  let best = 7;
  let distance = Number.POSITIVE_INFINITY;
  for (const [index, candidate] of ansiRgb.entries()) {
    const red = (candidate >> 16) - (rgb >> 16);
    const green = ((candidate >> 8) & 0xff) - ((rgb >> 8) & 0xff);
    const blue = (candidate & 0xff) - (rgb & 0xff);
    const away = red * red + green * green + blue * blue;
    if (away < distance) {
      best = index;
      distance = away;
    }
  }
  return best;
}
