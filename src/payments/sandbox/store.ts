// What the sandbox needs of its memory. src/db/sandbox.ts keeps it in D1, per tenant.

import type { Minor } from "../../domain/money.ts"
import type { Instant } from "../../domain/time.ts"

export type SandboxKind = "Method" | "Charge" | "Refund" | "Payout" | "Event" | "Webhook"

export type SandboxObject = {
  readonly ref: string
  readonly kind: SandboxKind
  /** The key of the request that made it: the same request makes nothing new. */
  readonly key: string
  /** A charge's method, a refund's charge. */
  readonly parent: string | null
  readonly amountMinor: Minor | null
  readonly status: string
  readonly state: Readonly<Record<string, unknown>>
}

/** `at`: when it was made, or an event happens, by the tenant's clock. */
export type KeptObject = SandboxObject & { readonly at: Instant | null }

/** An event that is to be told after a while, by the tenant's clock. */
export type LaterEvent = { readonly event: SandboxObject; readonly afterMs: number }

export interface SandboxStore {
  find(ref: string): Promise<KeptObject | null>
  /** Those of a kind, oldest first. */
  list(kind: SandboxKind, limit: number): Promise<SandboxObject[]>
  /** Those of a kind that have this parent, oldest first. */
  childrenOf(kind: SandboxKind, parent: string): Promise<SandboxObject[]>
  /** The events of a charge, refund or payout, oldest first. */
  about(ref: string): Promise<KeptObject[]>
  /** How many of a kind have this parent and status. */
  count(kind: SandboxKind, parent: string, status: string): Promise<number>
  /** Keeps an object and schedules its events, all or nothing; what is there already stays. True: it is new. */
  keep(object: SandboxObject, later: readonly LaterEvent[]): Promise<boolean>
  /** Keeps a refund, unless the refunds of its charge would come to more than `ofMinor`. What is there already stays. */
  keepRefund(refund: SandboxObject, ofMinor: Minor, later: readonly LaterEvent[]): Promise<void>
  /** Moves an object from one status to another; nothing happens if it isn't there. */
  move(ref: string, from: string, to: string): Promise<void>
}

export function objectOf(
  kind: SandboxKind,
  ref: string,
  key: string,
  rest: Pick<SandboxObject, "status" | "state"> & Partial<Pick<SandboxObject, "parent" | "amountMinor">>,
): SandboxObject {
  return { parent: null, amountMinor: null, ...rest, kind, ref, key }
}
