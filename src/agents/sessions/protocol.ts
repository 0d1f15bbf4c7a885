import { GtError } from "../../core/gt-error.ts";

/** Grows with every change that an older host or client would not understand. */
export const protocolVersion = 2;

/** An error as it travels over the socket. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly why?: readonly string[];
  readonly hint?: string;
  readonly exitCode?: number;
  readonly details?: Readonly<Record<string, unknown>>;
}

export function toWireError(error: unknown): WireError {
  if (!(error instanceof GtError))
    return { code: "E_INTERNAL", message: error instanceof Error ? error.message : String(error) };
  const { code, message, why, hint, exitCode, details } = error;
  return {
    ...{ code, message, why, exitCode },
    ...(hint === undefined ? {} : { hint }),
    ...(details === undefined ? {} : { details }),
  };
}

export function fromWireError(error: WireError): GtError {
  const { code, message, ...options } = error;
  return new GtError(code, message, options);
}
