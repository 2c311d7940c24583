// Spend alerts: what a customer may spend in the running period of its subscriptions, and what happens beyond it.
// Law: crossing means spend > threshold; a spend that equals it is within. Pure.

import { assert } from "./assert.ts"
import type { Instant } from "./time.ts"

export const ALERT_TYPES = ["SoftLimit", "HardLimit"] as const

/** SoftLimit: crossing it is told once, and usage goes on. HardLimit: the event that would cross it is refused. */
export type AlertType = (typeof ALERT_TYPES)[number]

/** An alert as meters and budgets know it. `epoch` counts its resets: each lets it count anew from there. */
export type LimitTerms = {
  readonly alertId: string
  readonly type: AlertType
  /** Nanos as text, not below zero. */
  readonly thresholdNanos: string
  readonly epoch: number
}

/**
 * The alerts of one customer: a snapshot with a version, the higher one wins. `members` are the subscriptions that may have
 * spent something when it was made; those that come later have spent nothing and make themselves known.
 */
export type BudgetTerms = {
  readonly name: string
  readonly version: number
  readonly limits: readonly LimitTerms[]
  readonly members: readonly string[]
  /** Of a budget that is a customer's credit: it counts usage of all time that is not paid yet. Absent: of the running periods. */
  readonly prepaid?: Prepaid
}

/** Of every subscription that may have usage to be paid: from when on, and what of it final invoices took. */
export type Prepaid = {
  /** The start of a period. What was used before it is paid. */
  readonly since: Readonly<Record<string, Instant>>
  readonly taken: Readonly<Record<string, readonly TakenUsage[]>>
}

/** `from`: where the usage's period, or part of one, begins. */
export type TakenUsage = { readonly from: Instant; readonly nanos: string }

/** A SoftLimit that was crossed, or a HardLimit that refused. The three together name it for ever. */
export type Crossing = { readonly alertId: string; readonly epoch: number; readonly number: number }

/** A crossing on its way to its alert, through the queue of jobs. */
export type AlertMessage = {
  readonly kind: "alert-crossed"
  readonly tenant_id: string
  readonly alert_id: string
  readonly epoch: number
  readonly crossing: number
  readonly subscription_id: string
  /** What the subscription had spent in its period, with the event that crossed. */
  readonly spend_nanos: string
  /** When, in epoch milliseconds by the tenant's clock. */
  readonly at: number
}

/** The name of a customer's budget among all objects. With the tenant in it, another tenant's customer id is another, empty object. */
export function budgetName(tenantId: string, customerId: string): string {
  return `${tenantId}/${customerId}`
}

export function tenantOfBudget(name: string): string {
  const [tenantId] = name.split("/")
  assert(tenantId !== undefined && tenantId !== name, "a budget's name begins with its tenant", { name })
  return tenantId
}
