// Which fields of a contract go together. Pure: the contract that is to be in, faults with their places out.

import type { FieldFault } from "./catalog.ts"
import type { ContractPhase, ContractTerms } from "./contract.ts"
import { dateOf, lastDateBefore } from "./contract.ts"
import type { Currency } from "./currency.ts"
import { nanos, nanosToMinor } from "./money.ts"
import type { Instant } from "./time.ts"

export type ContractFields = {
  readonly startAt: Instant
  readonly endAt: Instant
  readonly currency: Currency
  readonly terms: ContractTerms
}

export function contractFaults({ startAt, endAt, currency, terms }: ContractFields): FieldFault[] {
  if (endAt <= startAt) return [{ path: "end_date", message: "The contract ends before it starts." }]
  return [
    ...tilingFaults(startAt, endAt, terms.phases),
    ...terms.phases.flatMap((phase, at) => phaseFaults(`terms.${at}`, phase, currency)),
    ...escalationFaults(terms),
  ]
}

/** In order, from the first day of the contract to its last, each from the day after the one before it. */
function tilingFaults(startAt: Instant, endAt: Instant, phases: readonly ContractPhase[]): FieldFault[] {
  const faults: FieldFault[] = []
  let next = startAt
  let number = 0
  for (const [at, phase] of phases.entries()) {
    const fault = (field: string, message: string) => faults.push({ path: `terms.${at}.${field}`, message })
    if (phase.phase <= number) fault("phase", "Phases are in order, each with a higher number.")
    if (phase.startAt < startAt) fault("start_date", "The phase starts before the contract.")
    else if (phase.startAt < next)
      fault("start_date", `The phase overlaps the one before it, ${until(next)}.`)
    else if (phase.startAt > next) fault("start_date", `No phase holds ${dateOf(next)}: there is a gap.`)
    if (phase.endAt <= phase.startAt) fault("end_date", "The phase ends before it starts.")
    if (phase.endAt > endAt) fault("end_date", `The phase ends after the contract, ${until(endAt)}.`)
    next = phase.endAt
    number = phase.phase
  }
  if (faults.length > 0 || next === endAt) return faults
  const path = `terms.${phases.length - 1}.end_date`
  return [{ path, message: `The last phase ends before the contract, ${until(endAt)}.` }]
}

function until(at: Instant): string {
  return `which ends on ${lastDateBefore(at)}`
}

function phaseFaults(path: string, phase: ContractPhase, currency: Currency): FieldFault[] {
  const faults: FieldFault[] = []
  const [own, ...others] = phase.commitments
  const places = phase.commitments.map((_, at) => (at === 0 ? path : `${path}.commitments.${at - 1}`))
  for (const [at, { amountNanos }] of phase.commitments.entries()) {
    const message = amountFault(amountNanos, currency)
    if (message !== null) faults.push({ path: `${places[at]}.committed_amount_nanos`, message })
  }
  const tags = [own?.productTag ?? null]
  for (const [at, { productTag }] of others.entries()) {
    if (tags.includes(productTag)) {
      const message = "The phase has a commitment for this tag already: one for each tag, and one without."
      faults.push({ path: `${path}.commitments.${at}.product_tag`, message })
    }
    tags.push(productTag)
  }
  return [...faults, ...overrideFaults(path, phase)]
}

/** Storage keeps whole numbers exactly up to 2^53; an invoice of all commitments of some phases stays below. */
const MAX_MINOR = 2n ** 53n / 256n

function amountFault(amountNanos: string, currency: Currency): string | null {
  const amount = nanosToMinor(nanos(BigInt(amountNanos)), currency)
  if (!amount.ok) return `A commitment is payable: a whole number of minor units of ${currency}.`
  return amount.value > MAX_MINOR ? "The commitment is more than an invoice can hold." : null
}

function overrideFaults(path: string, { overrides }: ContractPhase): FieldFault[] {
  const seen = new Set<string>()
  return overrides.flatMap(({ productTag, skuId }, at) => {
    const place = `${path}.overrides.${at}`
    if ((productTag === null) === (skuId === null)) {
      return [{ path: place, message: "Give either product_tag or sku_id." }]
    }
    const name = JSON.stringify([productTag, skuId])
    if (seen.has(name)) return [{ path: place, message: "The phase has an override for this already." }]
    seen.add(name)
    return []
  })
}

function escalationFaults({ escalation }: ContractTerms): FieldFault[] {
  if (escalation === null) return []
  const { productTag, skuId, type } = escalation
  if (productTag !== null && skuId !== null) {
    return [{ path: "escalation", message: "Give product_tag or sku_id, not both." }]
  }
  if (type === "Percent" || productTag !== null || skuId !== null) return []
  const message = "An amount is about the unit of a price: give the product_tag or the sku_id that it is for."
  return [{ path: "escalation.sku_id", message }]
}
