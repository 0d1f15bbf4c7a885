import type { IBufferCell, Terminal } from "@xterm/headless";

/** What the emulator keeps of hyperlinks (OSC 8) but does not offer. */
interface LinkInternals {
  readonly _core?: {
    readonly _oscLinkService?: {
      getLinkData(id: number): { readonly id?: string; readonly uri: string } | undefined;
    };
  };
}

interface LinkedCell {
  readonly fg: number;
  readonly bg: number;
  readonly extended: { readonly urlId: number };
}

/** Flag in `fg` of a cell that is underlined. */
const underlined = 0x10000000;
/** Flag in `bg` of a cell that has more than a colour: a link, or an underline of another kind. */
const hasExtended = 0x10000000;

export interface CellLink {
  readonly uri: string;
  /** Cells of the same id are one link, also over several lines; may be empty. */
  readonly id: string;
}

/** The emulator's number of the link that a cell, or the pen, belongs to; 0 for none. Asked of each cell of a screen. */
export function linkNumber(cell: IBufferCell | object): number {
  const { bg, extended } = cell as unknown as LinkedCell;
  return (bg & hasExtended) === 0 ? 0 : extended.urlId;
}

/** Whether the program underlined it: the emulator says so of all that is linked. */
export function isUnderlined(cell: { isUnderline(): number }): boolean {
  if (linkNumber(cell) === 0) return cell.isUnderline() !== 0;
  return ((cell as unknown as LinkedCell).fg & underlined) !== 0;
}

/** The link of that number; nothing when the emulator has forgotten it. */
export function linkOf(terminal: Terminal, number: number): CellLink | undefined {
  if (number === 0) return undefined;
  const data = (terminal as unknown as LinkInternals)._core?._oscLinkService?.getLinkData(number);
  return data && { uri: data.uri, id: data.id ?? "" };
}
