// Which lines the parts of an invoice that credit has paid may stand for. Pure.
// Law: a part is placed wherever all that were placed before it can still be, on whatever lines; so what is beyond its lines is what the
// parts before it really leave no room for. (A maximum flow, found part by part along shortest paths.)

import { assert } from "./assert.ts"
import type { Minor } from "./money.ts"
import { minor } from "./money.ts"
import type { CreditScope, LineScope } from "./wallet.ts"
import { covers } from "./wallet.ts"

export type Part = {
  readonly grant: { readonly scope: CreditScope | null; readonly walletScope: CreditScope | null }
  readonly amountMinor: Minor
}

type Line = LineScope & { readonly amountMinor: Minor }

/** `left`: of each line. `beyond`: of each part what could not be placed. `order`: of lines, which are to be filled first. */
export type Placed = { readonly left: readonly Minor[]; readonly beyond: readonly Minor[] }

export function placed(
  parts: readonly Part[],
  lines: readonly Line[],
  order: readonly number[] = [...lines.keys()],
): Placed {
  const room = new Room(parts, lines, order)
  const beyond = parts.map(({ amountMinor }, at) => minor(amountMinor - room.place(at, amountMinor)))
  return { left: room.left, beyond }
}

/** How a line was reached: by a part that is on the line before, or by the one that is to be placed. */
type Step = { readonly part: number; readonly from: number | null }

class Room {
  readonly left: Minor[]
  /** What each part has on each line. */
  readonly #on: Map<number, bigint>[]
  readonly #open: number[][]

  constructor(parts: readonly Part[], lines: readonly Line[], order: readonly number[]) {
    this.left = lines.map(({ amountMinor }) => amountMinor)
    this.#on = parts.map(() => new Map())
    this.#open = parts.map(({ grant }) => {
      return order.filter((at) => {
        const line = lines[at]
        return line !== undefined && covers(grant, line)
      })
    })
  }

  /** How much of it could be. */
  place(part: number, amount: Minor): bigint {
    let open: bigint = amount
    while (open > 0n) {
      const path = this.#path(part)
      if (path === null) break
      open -= this.#shift(path, open)
    }
    return amount - open
  }

  /** The shortest way to a line with room: each step moves a part from one line to the next. */
  #path(part: number): readonly (Step & { readonly to: number })[] | null {
    const steps = new Map<number, Step>()
    const queue: number[] = []
    const reach = (who: number, from: number | null) => {
      for (const to of this.#open[who] ?? []) {
        if (steps.has(to)) continue
        steps.set(to, { part: who, from })
        queue.push(to)
      }
    }
    reach(part, null)
    for (const at of queue) {
      if ((this.left[at] ?? 0n) > 0n) return pathTo(steps, at)
      for (const [who, on] of this.#on.entries()) if ((on.get(at) ?? 0n) > 0n) reach(who, at)
    }
    return null
  }

  #shift(path: readonly (Step & { readonly to: number })[], most: bigint): bigint {
    const last = path.at(-1)
    assert(last !== undefined, "a way leads to a line", {})
    const bounds = path.flatMap(({ part, from }) => (from === null ? [] : [this.#on[part]?.get(from) ?? 0n]))
    const amount = [most, this.left[last.to] ?? 0n, ...bounds].reduce((low, one) => (one < low ? one : low))
    assert(amount > 0n, "there is room at the end of a way", { amount })
    for (const { part, from, to } of path) {
      const on = this.#on[part]
      if (from !== null) on?.set(from, (on.get(from) ?? 0n) - amount)
      on?.set(to, (on.get(to) ?? 0n) + amount)
    }
    this.left[last.to] = minor((this.left[last.to] ?? 0n) - amount)
    return amount
  }
}

function pathTo(steps: ReadonlyMap<number, Step>, end: number): readonly (Step & { readonly to: number })[] {
  const path: (Step & { readonly to: number })[] = []
  for (let to: number | null = end; to !== null;) {
    const step: Step | undefined = steps.get(to)
    assert(step !== undefined, "a way begins at the part", { to })
    path.unshift({ ...step, to })
    to = step.from
  }
  return path
}
