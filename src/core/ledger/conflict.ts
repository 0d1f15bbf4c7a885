import { GtError, type GtErrorOptions } from "../gt-error.ts";

/** Somebody else was faster: an expectation of a batch does not hold, nothing was changed (spec/01 §7.5; exit 4). */
export class Conflict extends GtError {
  constructor(message: string, options: Omit<GtErrorOptions, "exitCode"> & { readonly code?: string } = {}) {
    super(options.code ?? "E_CONFLICT", message, { ...options, exitCode: 4 });
    this.name = "Conflict";
  }
}
