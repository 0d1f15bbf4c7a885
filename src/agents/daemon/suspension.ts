/** Key of the `patrols` row that says why an agent's hook was suspended, and so who may resume it. */
export const suspensionKey = (address: string): string => `suspended:${address}`;

export interface Suspension {
  readonly reason: "town-down" | "estop" | "parked" | (string & {});
}
