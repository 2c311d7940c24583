// Which phase of which contract a subscription is under, and when. Pure: its links and the contracts of their chains in.
// Laws: spans are in order and don't overlap; an amendment holds from when it was made, and what was agreed before holds until
// then; the contract that a subscription came to later takes the place of the one before.

import type { ContractPhase, ContractStatus, ContractTerms, Escalation, RateOverride } from "./contract.ts"
import { anniversaries } from "./escalation.ts"
import type { Interval } from "./proration.ts"
import { overlap } from "./proration.ts"
import type { Instant } from "./time.ts"
import { EARLIEST, LATEST } from "./time.ts"

/** One contract of a chain. */
export type ContractVersion = {
  readonly id: string
  readonly rootContractId: string
  readonly name: string
  readonly status: ContractStatus
  readonly startAt: Instant
  readonly endAt: Instant
  readonly terms: ContractTerms
  readonly activatedAt: Instant | null
  readonly endedAt: Instant | null
  readonly version: number
}

/** A subscription under the contracts of a chain, the oldest first, from an instant on. */
export type ContractLink = { readonly fromAt: Instant; readonly chain: readonly ContractVersion[] }

/** A time in which one phase and one step of escalation hold. */
export type ContractSpan = Interval & {
  readonly rootContractId: string
  readonly phase: number
  readonly discountBps: number
  readonly overrides: readonly RateOverride[]
  readonly escalation: Escalation | null
  /** How often the prices have risen. */
  readonly steps: number
}

/** `links` in order of time. */
export function contractSpans(links: readonly ContractLink[]): ContractSpan[] {
  return links.flatMap((link, at) => {
    const window = windowOf(links, at)
    return link.chain
      .flatMap((version, place) => spansOf(version, place === 0))
      .flatMap((span) => clipped(span, window))
  })
}

/** The time in which a subscription is under a link's chain. */
export function windowOf(links: readonly ContractLink[], at: number): Interval {
  return { start: links[at]?.fromAt ?? LATEST, end: links[at + 1]?.fromAt ?? LATEST }
}

function clipped(span: ContractSpan, to: Interval): ContractSpan[] {
  const part = overlap(span, to)
  return part === null ? [] : [{ ...span, ...part }]
}

function spansOf(version: ContractVersion, isFirst: boolean): ContractSpan[] {
  if (version.activatedAt === null) return []
  // The first contract of a chain may be entered after the day on which it begins.
  const start = isFirst ? EARLIEST : version.activatedAt
  const inForce = { start, end: endOfForce(version) }
  return version.terms.phases
    .flatMap((phase, index) => stepsOf(version, phase, index))
    .flatMap((span) => clipped(span, inForce))
}

/** Where a contract stops to hold before its time, if it does. */
export function endOfForce({ status, endedAt }: Pick<ContractVersion, "status" | "endedAt">): Instant {
  return (status === "Amended" || status === "Terminated" ? endedAt : null) ?? LATEST
}

function stepsOf(version: ContractVersion, phase: ContractPhase, index: number): ContractSpan[] {
  const { escalation } = version.terms
  const common = {
    rootContractId: version.rootContractId,
    phase: phase.phase,
    discountBps: phase.discountBps,
    overrides: phase.overrides,
    escalation,
  }
  if (escalation?.every !== "Year") {
    return [{ ...common, start: phase.startAt, end: phase.endAt, steps: escalation === null ? 0 : index }]
  }
  const years = [version.startAt, ...anniversaries(version.startAt, version.endAt)]
  return years.flatMap((start, steps) => {
    const year = { start, end: years[steps + 1] ?? version.endAt }
    const part = overlap(year, { start: phase.startAt, end: phase.endAt })
    return part === null ? [] : [{ ...common, ...part, steps }]
  })
}

export function spanAt(spans: readonly ContractSpan[], at: Instant): ContractSpan | null {
  return spans.find((span) => span.start <= at && at < span.end) ?? null
}
