// A meter's answer as the rating engine reads it.

import { usageKey } from "../domain/charges.ts"
import { decimalOf } from "../domain/decimal.ts"
import type { Usage, UsageTotal } from "../domain/usage.ts"
import type { UsageReply } from "../meter/protocol.ts"

type Totals = Pick<Extract<UsageReply, { readonly kind: "Usage" }>, "totals">

export function usageOf({ totals }: Totals): Usage {
  const usage = new Map<string, UsageTotal>()
  for (const { periodStart, key, value, count, fees, groups = [] } of totals) {
    const grouped = groups.map((group) => ({
      values: group.values,
      value: decimalOf(group.value),
      events: group.count,
    }))
    const total = { value: decimalOf(value), events: count, groups: grouped }
    const added = fees === undefined ? total : { ...total, fees: decimalOf(fees) }
    usage.set(usageKey(periodStart, key), added)
  }
  return usage
}
