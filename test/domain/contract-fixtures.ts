// Contracts, phases and charges for the tests of contracts.

import type { AdjustedPeriod } from "../../src/domain/adjustments.ts"
import { exactly } from "../../src/domain/adjustments.ts"
import type { Charge } from "../../src/domain/charges.ts"
import type { ContractPhase } from "../../src/domain/contract.ts"
import { nextDay } from "../../src/domain/contract.ts"
import type { ContractVersion } from "../../src/domain/contract-spans.ts"
import { parseCurrency, type Currency } from "../../src/domain/currency.ts"
import { ONE } from "../../src/domain/decimal.ts"
import { minor } from "../../src/domain/money.ts"
import { ratio } from "../../src/domain/ratio.ts"
import { instant, parseInstant, type Instant } from "../../src/domain/time.ts"

export function at(date: string): Instant {
  const parsed = parseInstant(date.includes("T") ? date : `${date}T00:00:00Z`)
  if (!parsed.ok) throw new Error(date)
  return parsed.value
}

const usd = parseCurrency("USD")
if (!usd.ok) throw new Error("USD")
export const USD: Currency = usd.value

/** The last day is given, as in the API. Amounts in dollars. */
export function phase(number: number, start: string, last: string, fields: Partial<ContractPhase> = {}) {
  const plain: ContractPhase = {
    phase: number,
    startAt: at(start),
    endAt: nextDay(at(last)),
    description: null,
    billing: "TrueUp",
    discountBps: 0,
    overrides: [],
    commitments: [commit("0")],
  }
  return { ...plain, ...fields }
}

export function commit(amountDollars: string, productTag: string | null = null, priority = 100) {
  return { productTag, priority, amountNanos: (BigInt(amountDollars) * 10n ** 12n).toString() }
}

export function version(
  phases: readonly ContractPhase[],
  fields: Partial<ContractVersion> = {},
): ContractVersion {
  const [first, last] = [phases[0], phases.at(-1)]
  if (first === undefined || last === undefined) throw new Error("a contract has phases")
  return {
    id: "c1",
    rootContractId: "c1",
    name: "Enterprise",
    status: "Active",
    startAt: first.startAt,
    endAt: last.endAt,
    terms: { phases, escalation: null },
    activatedAt: first.startAt,
    endedAt: null,
    version: 1,
    ...fields,
  }
}

let made = 0

/** Usage that was rated, in cents. */
export function usage(cents: bigint, fields: Partial<Charge> = {}) {
  const charge: Charge = {
    lineKey: `line-${(made += 1)}`,
    kind: "Charge",
    sourceId: null,
    subscriptionId: "s1",
    skuId: "sku",
    planId: "plan",
    periodIndex: 0,
    description: "Calls",
    metered: true,
    quantity: ONE,
    unitAmountNanos: null,
    should: exactly(minor(cents), USD),
    share: ratio(1n),
    service: { start: instant(0), end: instant(1) },
    due: true,
    silent: false,
    ...fields,
  }
  return { charge, amount: minor(cents) }
}

export function period(items: AdjustedPeriod["items"], index = 0): AdjustedPeriod {
  const time = { start: instant(index * 1_000), end: instant((index + 1) * 1_000) }
  return { subscriptionId: "s1", currency: USD, period: { index, ...time }, ended: true, items }
}
