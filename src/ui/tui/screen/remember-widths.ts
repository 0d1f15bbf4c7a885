const mostTexts = 10_000;

/** Keeps the widths of texts: measuring one takes many microseconds, and each frame measures all of its texts again. */
export function rememberWidths<Options>(
  measure: (text: string, options?: Options) => number,
): (text: string, options?: Options) => number {
  const widths = new Map<string, number>();
  return (text, options) => {
    if (options !== undefined) return measure(text, options);
    let width = widths.get(text);
    if (width === undefined) {
      width = measure(text);
      if (widths.size >= mostTexts) widths.clear();
      widths.set(text, width);
    }
    return width;
  };
}
