// A plan's terms as the fields of the API.
// Law: a cadence has an interval, a Custom one has a period instead.

import type { FieldFault, PlanTerms, Prorate, TrialUsage } from "./catalog.ts"
import type { Cadence } from "./period.ts"
import { cadenceDuration } from "./period.ts"
import type { Result } from "./result.ts"
import { err, ok } from "./result.ts"
import type { Duration } from "./time.ts"
import { meanLengthMs, parseDuration } from "./time.ts"

/** Ten years. Anything longer is a typing mistake, and a list of such periods would leave the calendar. */
const LONGEST_PERIOD_MS = 10 * 366 * 86_400_000

export type PlanFields = {
  readonly billing_cadence: Cadence
  readonly interval?: number | undefined
  /** ISO 8601. */
  readonly period?: string | null | undefined
  readonly trial_days?: number | undefined
  readonly trial_usage?: TrialUsage | undefined
  readonly prorate?: Prorate | undefined
  readonly minimum_spend_nanos?: string | null | undefined
  /** Payout: what it comes to is owed to the customer. */
  readonly direction?: "Charge" | "Payout" | undefined
}

export type PlanFieldChanges = { readonly [K in keyof PlanFields]?: PlanFields[K] | undefined }

export type CadencedTerms = { readonly cadence: Cadence; readonly terms: PlanTerms }

/** The terms that the fields say, or the fault among them. */
export function planTermsFrom(fields: PlanFields): Result<CadencedTerms, FieldFault> {
  const cadence = fields.billing_cadence
  if (fields.direction === "Payout" && (fields.minimum_spend_nanos ?? null) !== null) {
    return fault("minimum_spend_nanos", "A plan that pays out has no minimum spend.")
  }
  const rest = restFrom(fields)
  const period = fields.period ?? null
  if (cadence !== "Custom") {
    if (period !== null)
      return fault("period", "Only a Custom cadence has a period; the others have an interval.")
    const interval = fields.interval ?? 1
    const every = cadenceDuration(cadence, interval)
    if (isTooLong(every)) return fault("interval", "A period is at most ten years long.")
    return ok({ cadence, terms: { interval, period: null, every, ...rest } })
  }
  if (fields.interval !== undefined)
    return fault("interval", "A Custom cadence has a period instead of an interval.")
  const every = period === null ? null : parseDuration(period)
  if (period === null || every === null)
    return fault("period", "A Custom cadence needs its period, such as P10D.")
  if (!every.ok)
    return fault("period", "Expected an ISO 8601 duration of whole, positive numbers, such as P10D.")
  if (isTooLong(every.value)) return fault("period", "A period is at most ten years long.")
  return ok({ cadence, terms: { interval: 1, period, every: every.value, ...rest } })
}

/** What any cadence has. */
function restFrom(fields: PlanFields): Omit<PlanTerms, "interval" | "period" | "every"> {
  const minimum = fields.minimum_spend_nanos ?? null
  return {
    trialDays: fields.trial_days ?? 0,
    trialUsage: fields.trial_usage ?? "Charged",
    ...(fields.prorate === "Day" ? { prorate: fields.prorate } : {}),
    ...(minimum === null ? {} : { minimumAmountNanos: minimum }),
    ...(fields.direction === "Payout" ? { direction: fields.direction } : {}),
  }
}

/** The fields after a change. Another cadence takes over neither the interval nor the period of the one before. */
export function changedPlanFields({ cadence, terms }: CadencedTerms, changes: PlanFieldChanges): PlanFields {
  const wanted = changes.billing_cadence ?? cadence
  const same = wanted === cadence
  const interval = same && cadence !== "Custom" ? terms.interval : undefined
  const minimum = changes.minimum_spend_nanos
  return {
    billing_cadence: wanted,
    interval: changes.interval ?? interval,
    period: changes.period ?? (same && changes.period === undefined ? terms.period : null),
    trial_days: changes.trial_days ?? terms.trialDays,
    trial_usage: changes.trial_usage ?? terms.trialUsage,
    prorate: changes.prorate ?? terms.prorate,
    minimum_spend_nanos: minimum === undefined ? terms.minimumAmountNanos : minimum,
    direction: terms.direction,
  }
}

function isTooLong(every: Duration): boolean {
  return meanLengthMs(every) > LONGEST_PERIOD_MS
}

function fault(path: string, message: string): Result<never, FieldFault> {
  return err({ path, message })
}
