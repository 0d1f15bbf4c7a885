/** A word that could come next on a command line, with what it is (spec/07 §6.8). */
export interface Candidate {
  readonly value: string;
  readonly description: string;
}
