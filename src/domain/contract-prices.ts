// What a subscription under a contract is sold under: its own segments, divided where a phase begins or ends, with the phase's
// prices. Nothing of it is stored, so a change of the subscription or of the contract leaves nothing behind that is stale. Pure.
//
// Laws:
// * Usage of a phase is counted apart, also where its prices are those of the phase before: it draws from that phase's commitment.
// * A recurring fee is never divided by a contract: the phase in which its period begins has its price.
// * Discounts don't add up. Within a contract the word on the SKU goes before the one on its product's tag, and that before the
//   phase's; of the contract's and the subscription's own the higher one counts, since the customer was promised both.

import type { RatedSku } from "./catalog.ts"
import type { ContractSpan } from "./contract-spans.ts"
import { spanAt } from "./contract-spans.ts"
import { escalated } from "./escalation.ts"
import type { Schedule } from "./period.ts"
import { periodContaining } from "./period.ts"
import type { PriceTerms } from "./price-terms.ts"
import type { SkuOverride, SkuOverrides } from "./sku-overrides.ts"
import type { Instant } from "./time.ts"
import { LATEST } from "./time.ts"
import type { Segment } from "./timeline.ts"

/** Begins the ids of segments that a contract makes. */
export const CONTRACT_SEGMENT = "contract:"

type Sold = { readonly segment: Segment; readonly skus: readonly RatedSku[] }

/** The tags of a plan's product. */
export type TagsOf = (planId: string) => readonly string[]

/** `sold`: a subscription's own segments. `spans`: the phases that it is under. */
export function underContract<T extends Sold>(
  sold: readonly T[],
  spans: readonly ContractSpan[],
  schedule: Schedule,
  tagsOf: TagsOf,
): T[] {
  const bounds = [...new Set(spans.flatMap(({ start, end }) => [start, end]))].toSorted((a, b) => a - b)
  return sold.flatMap((own, at) => {
    const { from } = own.segment
    const until = sold[at + 1]?.segment.from ?? LATEST
    const starts = [from, ...bounds.filter((bound) => from < bound && bound < until)]
    return starts.map((start) => {
      const segment = start === from ? own.segment : divided(own.segment, start, schedule)
      return { ...own, segment: inPhase(segment, own.skus, spanAt(spans, start), tagsOf) }
    })
  })
}

function divided(segment: Segment, from: Instant, schedule: Schedule): Segment {
  const period = periodContaining(schedule, from)
  const fees = period === null || period.start === from ? from : period.end
  const { feesFrom = fees } = segment
  return { ...segment, id: `${CONTRACT_SEGMENT}${from}`, from, feesFrom: feesFrom > fees ? feesFrom : fees }
}

function inPhase(
  segment: Segment,
  skus: readonly RatedSku[],
  span: ContractSpan | null,
  tagsOf: TagsOf,
): Segment {
  if (span === null) return segment
  const overrides: Record<string, SkuOverride> = { ...segment.overrides }
  const tags = tagsOf(segment.planId)
  for (const sku of skus) {
    const override = overrideIn(span, sku, tags, segment.overrides)
    if (override !== null) overrides[sku.id] = override
  }
  return { ...segment, phase: `${span.rootContractId}:${span.phase}`, overrides }
}

function overrideIn(
  span: ContractSpan,
  sku: RatedSku,
  tags: readonly string[],
  own: SkuOverrides | undefined,
): SkuOverride | null {
  const before = own?.[sku.id] ?? { price: null, discountBps: 0 }
  const price = priceIn(span, sku, tags, before.price)
  const discountBps = Math.max(before.discountBps, discountIn(span, sku.id, tags))
  return price === null && discountBps === 0 ? null : { price, discountBps }
}

function priceIn(
  { escalation, steps }: ContractSpan,
  sku: RatedSku,
  tags: readonly string[],
  own: PriceTerms | null,
): PriceTerms | null {
  if (escalation === null || steps === 0) return own
  const { skuId, productTag } = escalation
  const concerns = (skuId ?? sku.id) === sku.id && (productTag === null || tags.includes(productTag))
  return concerns ? escalated(own ?? sku.terms.price, escalation, steps) : own
}

/** Of several tags of a product the higher discount counts. */
function discountIn(
  { discountBps, overrides }: ContractSpan,
  skuId: string,
  tags: readonly string[],
): number {
  const ofSku = overrides.find((override) => override.skuId === skuId)
  if (ofSku !== undefined) return ofSku.discountBps
  const ofTags = overrides.filter(({ productTag }) => productTag !== null && tags.includes(productTag))
  return ofTags.length === 0 ? discountBps : Math.max(...ofTags.map((override) => override.discountBps))
}
