/** What came of one thing that was to end when the town goes down (spec/04 §7.2). */
export interface DownService {
  readonly name: string;
  readonly type: "session" | "daemon" | "host" | "process" | "file";
  readonly ok: boolean;
  readonly detail: string;
}
