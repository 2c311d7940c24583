// The changes that the lines of a charge bill: no line has another's, and together they have all that were read.

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { rangesUpTo, type SeqRange } from "../../src/domain/seq-ranges.ts"

function members(ranges: readonly SeqRange[]): number[] {
  return ranges.flatMap(([after, upTo]) => Array.from({ length: upTo - after }, (_, n) => after + 1 + n))
}

describe("the ranges up to a change", () => {
  test("are all of them when nobody has any", () => {
    expect(rangesUpTo(10, [])).toEqual([[0, 10]])
    expect(rangesUpTo(0, [])).toEqual([])
  })

  test("go around those of others", () => {
    expect(
      rangesUpTo(30, [
        [0, 10],
        [15, 20],
      ]),
    ).toEqual([
      [10, 15],
      [20, 30],
    ])
    expect(rangesUpTo(30, [[10, 20]])).toEqual([
      [0, 10],
      [20, 30],
    ])
    expect(rangesUpTo(20, [[0, 20]])).toEqual([])
    expect(
      rangesUpTo(30, [
        [0, 20],
        [5, 10],
      ]),
    ).toEqual([[20, 30]])
    expect(rangesUpTo(20, [[10, 40]])).toEqual([[0, 10]])
  })

  test("with those of the others are every change once, whichever lines are voided and billed again", () => {
    const step = fc.record({ by: fc.nat(5), voided: fc.option(fc.nat(10), { nil: null }) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const lines: (readonly SeqRange[])[] = []
        let seq = 0
        for (const { by, voided } of steps) {
          seq += by
          if (voided !== null) lines.splice(voided, 1)
          lines.push(rangesUpTo(seq, lines.flat()))
          const all = members(lines.flat()).toSorted((a, b) => a - b)
          expect(all).toEqual(members([[0, seq]]))
        }
      }),
    )
  })
})
