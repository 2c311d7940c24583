// Keys of meters: they are stored, so what they look like is a promise.

import { describe, expect, it } from "vitest"
import { AGGREGATIONS, aggregationOfKey, meterDefinition, meterKey } from "../../src/domain/terms.ts"

describe("the key of a meter", () => {
  it("is what it was before meters had filters, groups and windows", () => {
    expect(meterKey("api.request", "Count", null)).toBe('["api.request","Count",null]')
    expect(meterKey("llm", "Sum", "tokens")).toBe('["llm","Sum","tokens"]')
    const nothing = { filters: [], groupBy: [], window: null }
    expect(meterKey("llm", "Sum", "tokens", nothing)).toBe('["llm","Sum","tokens"]')
    expect(meterDefinition("llm", "Sum", "tokens", nothing)).toEqual(meterDefinition("llm", "Sum", "tokens"))
  })

  it("is one for one meaning", () => {
    const one = meterDefinition("e", "Count", null, {
      filters: [
        { property: "region", values: ["us", "eu", "us"] },
        { property: "model", values: ["a"] },
      ],
      groupBy: ["user", "model"],
    })
    const other = meterDefinition("e", "Count", null, {
      filters: [
        { property: "model", values: ["a"] },
        { property: "region", values: ["eu", "us"] },
      ],
      groupBy: ["model", "user"],
    })
    expect(one).toEqual(other)
    expect(one.key).toBe(other.key)
    expect(one.groupBy).toEqual(["model", "user"])
  })

  it("tells apart whatever is counted differently", () => {
    const window = { kind: "Tumbling", sizeMs: 3_600_000 } as const
    const keys = [
      meterKey("e", "Max", "n"),
      meterKey("e", "Max", "n", { window }),
      meterKey("e", "Max", "n", { window: { ...window, sizeMs: 7_200_000 } }),
      meterKey("e", "Max", "n", { window: { ...window, kind: "Sliding" } }),
      meterKey("e", "Max", "n", { groupBy: ["a"] }),
      meterKey("e", "Max", "n", { filters: [{ property: "a", values: ["b"] }] }),
      meterKey("e", "Max", "n", { filters: [{ property: "a", values: ["b", "c"] }] }),
    ]
    expect(new Set(keys).size).toBe(keys.length)
  })

  it("names its aggregation", () => {
    for (const aggregation of AGGREGATIONS) {
      expect(aggregationOfKey(meterKey("e", aggregation, "n", { groupBy: ["a"] }))).toBe(aggregation)
    }
    expect(() => aggregationOfKey('["e","Median","n"]')).toThrow("names its aggregation")
  })
})
