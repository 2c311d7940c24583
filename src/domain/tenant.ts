// A tenant: one business that bills its customers. Keys and what they may do.

import type { DunningSettings } from "./dunning.ts"
import { DEFAULT_DUNNING } from "./dunning.ts"
import type { LateEvents } from "./late-events.ts"
import type { NotificationSettings } from "./mail.ts"
import { NO_NOTIFICATIONS } from "./mail.ts"
import type { TaxSettings } from "./tax.ts"
import { NO_TAX } from "./tax.ts"

export type Mode = "live" | "test"

export type KeyKind = "Secret" | "Publishable" | "Restricted"

/** What a credential may do, `resource:read` or `resource:write`. A write scope does not imply its read scope. */
export const SCOPES = [
  "api_keys:read",
  "api_keys:write",
  "audit:read",
  "catalog:read",
  "catalog:write",
  "customers:read",
  "customers:write",
  "events:write",
  "invoices:read",
  "invoices:write",
  "jobs:read",
  "jobs:write",
  "ledger:read",
  "metering:read",
  "subscriptions:read",
  "subscriptions:write",
  "tenant:read",
  "tenant:write",
  "tokens:write",
  "webhooks:read",
  "webhooks:write",
] as const

export type Scope = (typeof SCOPES)[number]

/** A customer's token reaches its own customer only, and of that only what a customer does for itself: these at most. */
export const CUSTOMER_SCOPES: readonly Scope[] = [
  "events:write",
  "invoices:read",
  "metering:read",
  "subscriptions:read",
  "subscriptions:write",
]

/** A publishable key may be read in a browser: the price list and nothing else. */
export const PUBLISHABLE_SCOPES: readonly Scope[] = ["catalog:read"]

export const KEY_PREFIX: Readonly<Record<KeyKind, string>> = {
  Secret: "bsk",
  Publishable: "bpk",
  Restricted: "brk",
}

export type TenantSettings = {
  /** How long a draft of a subscription waits for late events before it is finalized. */
  readonly draftGraceHours: number
  readonly autoFinalize: boolean
  readonly invoiceNumberPrefix: string
  readonly companyName: string | null
  readonly companyAddress: string | null
  /** What becomes of events of a period whose invoice is final. Absent in what was stored before there was a choice: the default. */
  readonly lateEvents?: LateEvents
  /** How long after its invoice is final the raw events of a period stay in their meter; then they go into the archive. Null: for
   *  ever. Absent in what was stored before there was an archive: the default. */
  readonly rawEventsRetentionDays?: number | null
  /** The longest trial that a customer's own token may ask for where the plan gives none. Absent in what was stored before there was a
   *  bound: the default. */
  readonly customerTrialDaysMax?: number
  /** How its invoices are taxed. Absent in what was stored before there were taxes: not at all. */
  readonly tax?: TaxSettings
  /** When a failed payment is tried again, and what becomes of a subscription in the end. Absent in what was stored before payments
   *  were collected: the default. */
  readonly dunning?: DunningSettings
  /** What its customers are told by mail. Absent in what was stored before there were mails: nothing. */
  readonly notifications?: NotificationSettings
  /** Whether it was registered as a company of Billy's: its processor is told the guids that programs written for Billy look for. */
  readonly isBillyCompany?: true
}

/** As long as disputes about an invoice commonly last. */
const DEFAULT_RETENTION_DAYS = 90

/** The commonest trial there is: two weeks. */
const DEFAULT_CUSTOMER_TRIAL_DAYS = 14

export const DEFAULT_SETTINGS: TenantSettings = {
  draftGraceHours: 1,
  autoFinalize: true,
  invoiceNumberPrefix: "INV-",
  companyName: null,
  companyAddress: null,
  lateEvents: "NextInvoice",
  rawEventsRetentionDays: DEFAULT_RETENTION_DAYS,
  customerTrialDaysMax: DEFAULT_CUSTOMER_TRIAL_DAYS,
  tax: NO_TAX,
  dunning: DEFAULT_DUNNING,
  notifications: NO_NOTIFICATIONS,
}

/** The longest trial, in days, that a customer may give itself on a plan that has one of `planDays`, or none if that is 0. */
export function customerTrialDays({ customerTrialDaysMax: days }: TenantSettings, planDays: number): number {
  return planDays > 0 ? planDays : (days ?? DEFAULT_CUSTOMER_TRIAL_DAYS)
}

export function dunningSettingsOf({ dunning }: TenantSettings): DunningSettings {
  return dunning ?? DEFAULT_DUNNING
}

export function lateEventsOf({ lateEvents }: TenantSettings): LateEvents {
  return lateEvents ?? "NextInvoice"
}

export function notificationsOf({ notifications }: TenantSettings): NotificationSettings {
  return notifications ?? NO_NOTIFICATIONS
}

export function taxSettingsOf({ tax }: TenantSettings): TaxSettings {
  return tax ?? NO_TAX
}

const DAY_MS = 86_400_000

/** How long raw events rest before they are archived; null: they never are. */
export function retentionDays({ rawEventsRetentionDays: days }: TenantSettings): number | null {
  return days === undefined ? DEFAULT_RETENTION_DAYS : days
}

export function retentionMs(settings: TenantSettings): number | null {
  const days = retentionDays(settings)
  return days === null ? null : days * DAY_MS
}
