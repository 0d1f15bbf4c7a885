/** Lines typed before, newest last; recalled with the arrow keys. */
export class History {
  private readonly lines: string[] = [];
  private at = 0;
  /** What was being typed when the recall began. */
  private draft = "";

  add(line: string): void {
    if (this.lines.at(-1) !== line) this.lines.push(line);
    this.at = this.lines.length;
    this.draft = "";
  }

  recall(direction: "up" | "down", current: string): string {
    if (this.at === this.lines.length) this.draft = current;
    this.at = Math.max(0, Math.min(this.lines.length, this.at + (direction === "up" ? -1 : 1)));
    return this.lines[this.at] ?? this.draft;
  }
}
