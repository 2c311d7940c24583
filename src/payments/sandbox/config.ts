// What all parts of the sandbox work with.

import type { SandboxStore } from "./store.ts"

export type SandboxConfig = {
  readonly tenantId: string
  readonly store: SandboxStore
  /** Of this tenant alone: it signs events and links. */
  readonly secret: () => Promise<string>
  /** Where customers reach this worker. */
  readonly publicUrl: string
}

const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS
/** When the sandbox tells what it did not know at once. */
export const SETTLES_AFTER_MS = HOUR_MS

export const MISSING = "resource_missing"
