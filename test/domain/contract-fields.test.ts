// What a contract must look like, and what an amendment may change.

import { describe, expect, it } from "vitest"
import type { ContractPhase, Escalation } from "../../src/domain/contract.ts"
import { dateOf, lastDateBefore, moveContract, nextDay, startOfDate } from "../../src/domain/contract.ts"
import { amendmentFaults, withEnd } from "../../src/domain/contract-amendment.ts"
import { contractFaults } from "../../src/domain/contract-fields.ts"
import { isOneTime } from "../../src/domain/coterm.ts"
import { at, commit, phase, USD } from "./contract-fixtures.ts"

const paths = (phases: readonly ContractPhase[], escalation: Escalation | null = null) =>
  contractFaults({
    startAt: at("2026-01-01"),
    endAt: nextDay(at("2027-12-31")),
    currency: USD,
    terms: { phases, escalation },
  }).map(({ path }) => path)

const FIRST = phase(1, "2026-01-01", "2026-12-31")
const SECOND = phase(2, "2027-01-01", "2027-12-31")

describe("dates", () => {
  it("an end date is the last day, in UTC", () => {
    const start = startOfDate("2026-12-31")
    expect(start).toEqual({ ok: true, value: at("2026-12-31T00:00:00Z") })
    expect(nextDay(at("2026-12-31"))).toBe(at("2027-01-01"))
    expect([dateOf(at("2027-01-01")), lastDateBefore(at("2027-01-01"))]).toEqual(["2027-01-01", "2026-12-31"])
  })

  it.each(["2026-02-30", "2026-1-1", "2026-01-01T00:00:00Z", "", "01.01.2026"])("%s is none", (text) => {
    expect(startOfDate(text).ok).toBe(false)
  })
})

describe("phases tile the contract", () => {
  it.each<[string, ContractPhase[], string[]]>([
    ["two years", [FIRST, SECOND], []],
    ["an overlap", [FIRST, phase(2, "2026-12-31", "2027-12-31")], ["terms.1.start_date"]],
    ["a gap", [FIRST, phase(2, "2027-01-02", "2027-12-31")], ["terms.1.start_date"]],
    ["before the contract", [phase(1, "2025-12-31", "2027-12-31")], ["terms.0.start_date"]],
    ["after the contract", [FIRST, phase(2, "2027-01-01", "2028-01-01")], ["terms.1.end_date"]],
    ["too short", [FIRST], ["terms.0.end_date"]],
    ["not from its first day", [phase(1, "2026-01-02", "2027-12-31")], ["terms.0.start_date"]],
    [
      "out of order",
      [phase(2, "2026-01-01", "2026-12-31"), phase(1, "2027-01-01", "2027-12-31")],
      ["terms.1.phase"],
    ],
    ["twice the same number", [FIRST, { ...SECOND, phase: 1 }], ["terms.1.phase"]],
  ])("%s", (_, phases, expected) => {
    expect(paths(phases)).toEqual(expected)
  })

  it("a phase that ends before it starts", () => {
    expect(paths([phase(1, "2026-01-01", "2025-12-30"), SECOND])).toContain("terms.0.end_date")
  })
})

describe("a phase", () => {
  const whole = (fields: Partial<ContractPhase>) => paths([{ ...FIRST, ...fields }, SECOND])

  it("commits to whole cents, once for each tag", () => {
    const half = { ...commit("1"), amountNanos: "5000000000" }
    expect(whole({ commitments: [half] })).toEqual(["terms.0.committed_amount_nanos"])
    expect(whole({ commitments: [commit("1000000000000")] })).toEqual(["terms.0.committed_amount_nanos"])
    expect(whole({ commitments: [commit("1"), half] })).toContain(
      "terms.0.commitments.0.committed_amount_nanos",
    )
    expect(whole({ commitments: [commit("1"), commit("1", "a"), commit("2", "a")] })).toEqual([
      "terms.0.commitments.1.product_tag",
    ])
    expect(whole({ commitments: [commit("1"), commit("2")] })).toEqual(["terms.0.commitments.0.product_tag"])
  })

  it("overrides prices by tag or SKU, each once", () => {
    const tag = { productTag: "a", skuId: null, discountBps: 1 }
    expect(whole({ overrides: [tag, { ...tag, productTag: "b" }] })).toEqual([])
    expect(whole({ overrides: [tag, tag] })).toEqual(["terms.0.overrides.1"])
    expect(whole({ overrides: [{ ...tag, skuId: "s" }] })).toEqual(["terms.0.overrides.0"])
    expect(whole({ overrides: [{ ...tag, productTag: null }] })).toEqual(["terms.0.overrides.0"])
  })
})

it("an escalation by an amount says whose unit it is for", () => {
  const fixed = { type: "Fixed", amountNanos: "1", every: "Year", productTag: null, skuId: null } as const
  expect(paths([FIRST, SECOND], fixed)).toEqual(["escalation.sku_id"])
  expect(paths([FIRST, SECOND], { ...fixed, skuId: "s" })).toEqual([])
  expect(paths([FIRST, SECOND], { ...fixed, skuId: "s", productTag: "a" })).toEqual(["escalation"])
})

describe("an amendment", () => {
  const paid = { ...SECOND, billing: "Upfront" as const, commitments: [commit("100")] }
  const before = { phases: [FIRST, paid], escalation: null }
  const faults = (phases: readonly ContractPhase[], now: string, endAt = nextDay(at("2027-12-31"))) =>
    amendmentFaults(before, { endAt, terms: { phases, escalation: null } }, at(now)).map(({ path }) => path)

  it("leaves what has ended, and changes what is to come", () => {
    expect(faults([{ ...FIRST, discountBps: 1 }, paid], "2027-06-01")).toEqual(["terms.0"])
    expect(faults([FIRST, { ...paid, commitments: [commit("1")], phase: 7 }], "2026-06-01")).toEqual([])
  })

  it("keeps the running phase's number, first day and what was paid", () => {
    expect(faults([FIRST, { ...paid, phase: 3 }], "2027-06-01")).toEqual(["terms.1"])
    expect(faults([FIRST, { ...paid, billing: "TrueUp" }], "2027-06-01")).toEqual(["terms.1"])
    expect(faults([FIRST, { ...paid, commitments: [commit("99")] }], "2027-06-01")).toEqual(["terms.1"])
    expect(faults([FIRST, { ...paid, commitments: [commit("101")] }], "2027-06-01")).toEqual([])
    expect(faults([FIRST], "2027-06-01")).toEqual(["terms.1"])
  })

  it("ends in the future, with its last phase", () => {
    expect(faults([FIRST, paid], "2027-06-01", at("2027-05-01"))).toContain("end_date")
    expect(withEnd(before, at("2029-01-01")).phases.map(({ endAt }) => endAt)).toEqual([
      at("2027-01-01"),
      at("2029-01-01"),
    ])
  })
})

it.each([
  ["Draft", "activate", "Active"],
  ["Draft", "terminate", "Terminated"],
  ["Active", "amend", "Amended"],
  ["Active", "expire", "Expired"],
  ["Active", "terminate", "Terminated"],
] as const)("%s: %s → %s", (from, move, to) => {
  expect(moveContract(from, move)).toEqual({ ok: true, value: to })
})

it.each([
  ["Active", "activate"],
  ["Amended", "amend"],
  ["Expired", "terminate"],
  ["Terminated", "terminate"],
  ["Draft", "amend"],
] as const)("%s: %s is refused", (from, move) => {
  expect(moveContract(from, move).ok).toBe(false)
})

it("fewer than 30 days are too few for a recurring fee", () => {
  expect(isOneTime(at("2026-06-01"), at("2026-07-01"))).toBe(false)
  expect(isOneTime(at("2026-06-01T00:00:01Z"), at("2026-07-01"))).toBe(true)
})
