// The phases of a contract on the wire: dates are days of UTC, and an end date is the last day.

import { z } from "@hono/zod-openapi"
import type { ContractPhase, Escalation, PhaseCommitment, RateOverride } from "../../domain/contract.ts"
import { COMMITMENT_BILLINGS, dateOf, lastDateBefore, nextDay, startOfDate } from "../../domain/contract.ts"
import type { Instant } from "../../domain/time.ts"
import { limits } from "../../limits.ts"
import { Id, PriceNanos, Text } from "../shared/fields.ts"

const BPS = 10_000

export const PlainDate = z
  .string()
  .transform((text, context): Instant => {
    const parsed = startOfDate(text)
    if (parsed.ok && parsed.value < limits.latestTimestampMs) return parsed.value
    context.addIssue({ code: "custom", message: "expected a date, such as 2026-12-31, before the year 3000" })
    return z.NEVER
  })
  .openapi({ type: "string", format: "date", example: "2026-01-01" })

export const DateText = z.string().openapi({ format: "date", example: "2026-12-31" })

const ProductTag = z.string().trim().min(1).max(limits.nameLength)
const Discount = z.number().int().min(0).max(BPS)
const Priority = z.number().int().min(0).max(1_000)

const DEFAULT_PRIORITY = 100

const OverrideInput = z
  .strictObject({
    product_tag: ProductTag.optional().openapi({ example: "storage" }),
    sku_id: Id("SKU").optional(),
    discount_bps: Discount.openapi({ description: "Basis points off the price.", example: 2_000 }),
  })
  .openapi("ContractOverrideInput")

const CommitmentInput = z
  .strictObject({
    product_tag: ProductTag.optional().openapi({
      description: "Usage of products with this tag counts; without one, all usage does.",
      example: "storage",
    }),
    committed_amount_nanos: PriceNanos.openapi({ example: "10000000000000000" }),
    priority: Priority.optional().openapi({
      description: `The lowest takes usage first; at the same one, a commitment with a tag does. ${DEFAULT_PRIORITY} by default.`,
      example: 1,
    }),
  })
  .openapi("ContractCommitmentInput")

export const TermInput = z
  .strictObject({
    phase: z.number().int().min(1).max(1_000).openapi({ example: 1 }),
    start_date: PlainDate,
    end_date: PlainDate.openapi({ example: "2026-12-31", description: "The last day." }),
    committed_amount_nanos: PriceNanos.optional().openapi({
      description: "What the customer promises to spend on usage in the phase. Nothing by default.",
      example: "50000000000000000",
    }),
    product_tag: ProductTag.optional().openapi({
      description: "What the commitment is for: usage of products with this tag. All usage by default.",
      example: "storage",
    }),
    priority: Priority.optional().openapi({ example: DEFAULT_PRIORITY }),
    commitments: z
      .array(CommitmentInput)
      .max(limits.contractCommitments)
      .optional()
      .openapi({ description: "Further commitments of the phase, each for another tag." }),
    billing: z.enum(COMMITMENT_BILLINGS).optional().openapi({
      description:
        "`TrueUp` (default): usage is billed as it comes, and what is missing is invoiced when the phase has ended and its bills are final. `Upfront`: the commitment is invoiced when the phase begins, and usage draws from it.",
      example: "TrueUp",
    }),
    discount_bps: Discount.optional().openapi({
      description: "Basis points off every price.",
      example: 1_000,
    }),
    overrides: z
      .array(OverrideInput)
      .max(limits.contractOverrides)
      .optional()
      .openapi({ description: "Other discounts, by product tag or SKU; the SKU's goes first." }),
    description: Text.optional().openapi({ example: "Year 1" }),
  })
  .openapi("ContractTermInput")

export function phaseFrom(input: z.output<typeof TermInput>): ContractPhase {
  return {
    phase: input.phase,
    startAt: input.start_date,
    endAt: nextDay(input.end_date),
    description: input.description ?? null,
    billing: input.billing ?? "TrueUp",
    discountBps: input.discount_bps ?? 0,
    overrides: (input.overrides ?? []).map(overrideFrom),
    commitments: [
      commitmentFrom({ ...input, committed_amount_nanos: input.committed_amount_nanos ?? "0" }),
      ...(input.commitments ?? []).map(commitmentFrom),
    ],
  }
}

function overrideFrom(input: z.output<typeof OverrideInput>): RateOverride {
  return {
    productTag: input.product_tag ?? null,
    skuId: input.sku_id ?? null,
    discountBps: input.discount_bps,
  }
}

function commitmentFrom(input: z.output<typeof CommitmentInput>): PhaseCommitment {
  return {
    productTag: input.product_tag ?? null,
    priority: input.priority ?? DEFAULT_PRIORITY,
    amountNanos: input.committed_amount_nanos,
  }
}

const Every = z.enum(["Year", "Phase"]).openapi({
  description: "With each year of the contract, or with each phase after the first.",
  example: "Year",
})

/** Without a name of its own in the document: as a part of an allOf null would not be valid. */
export const EscalationInput = z
  .strictObject({
    type: z.enum(["Percent", "Fixed"]).openapi({ example: "Percent" }),
    bps: z
      .number()
      .int()
      .min(1)
      .max(BPS)
      .optional()
      .openapi({ description: "Of a `Percent`: basis points; they compound.", example: 300 }),
    amount_nanos: PriceNanos.optional().openapi({
      description: "Of a `Fixed`: what is added to the price of a unit.",
      example: "1000000",
    }),
    every: Every.optional(),
    product_tag: ProductTag.optional().openapi({ description: "Only prices of products with this tag." }),
    sku_id: Id("SKU").optional().openapi({ description: "Only the prices of this SKU." }),
  })
  .superRefine(({ type, bps, amount_nanos: amount }, context) => {
    const check = (path: string, isGiven: boolean, isWanted: boolean) => {
      if (isGiven === isWanted) return
      const message = isWanted ? `required where the type is ${type}` : `not with the type ${type}`
      context.addIssue({ code: "custom", path: [path], message })
    }
    check("bps", bps !== undefined, type === "Percent")
    check("amount_nanos", amount !== undefined, type === "Fixed")
  })

export function escalationFrom(input: z.output<typeof EscalationInput>): Escalation {
  const { every = "Year", product_tag: productTag = null, sku_id: skuId = null } = input
  const common = { every, productTag, skuId }
  if (input.type === "Percent") return { ...common, type: "Percent", bps: input.bps ?? 0 }
  return { ...common, type: "Fixed", amountNanos: input.amount_nanos ?? "0" }
}

const OverrideSchema = z.object({
  product_tag: z.string().nullable().openapi({ example: "storage" }),
  sku_id: z.string().nullable().openapi({ example: null }),
  discount_bps: z.int().openapi({ example: 2_000 }),
})

const CommitmentSchema = z.object({
  product_tag: z.string().nullable().openapi({ example: "storage" }),
  committed_amount_nanos: z.string().openapi({ example: "10000000000000000" }),
  priority: z.int().openapi({ example: 1 }),
})

export const TermSchema = z
  .object({
    phase: z.int().openapi({ example: 1 }),
    start_date: DateText.openapi({ example: "2026-01-01" }),
    end_date: DateText,
    committed_amount_nanos: z.string().openapi({ example: "50000000000000000" }),
    product_tag: z.string().nullable().openapi({ example: null }),
    priority: z.int().openapi({ example: DEFAULT_PRIORITY }),
    commitments: z.array(CommitmentSchema),
    billing: z.enum(COMMITMENT_BILLINGS).openapi({ example: "TrueUp" }),
    discount_bps: z.int().openapi({ example: 1_000 }),
    overrides: z.array(OverrideSchema),
    description: z.string().nullable().openapi({ example: "Year 1" }),
  })
  .openapi("ContractTerm")

export function phaseToApi(phase: ContractPhase): z.infer<typeof TermSchema> {
  const [own, ...others] = phase.commitments.map(commitmentToApi)
  return {
    phase: phase.phase,
    start_date: dateOf(phase.startAt),
    end_date: lastDateBefore(phase.endAt),
    ...(own ?? { product_tag: null, committed_amount_nanos: "0", priority: DEFAULT_PRIORITY }),
    commitments: others,
    billing: phase.billing,
    discount_bps: phase.discountBps,
    overrides: phase.overrides.map((override) => ({
      product_tag: override.productTag,
      sku_id: override.skuId,
      discount_bps: override.discountBps,
    })),
    description: phase.description,
  }
}

function commitmentToApi({ productTag, priority, amountNanos }: PhaseCommitment) {
  return { product_tag: productTag, committed_amount_nanos: amountNanos, priority }
}

export const EscalationSchema = z
  .object({
    type: z.enum(["Percent", "Fixed"]).openapi({ example: "Percent" }),
    bps: z.int().nullable().openapi({ example: 300 }),
    amount_nanos: z.string().nullable().openapi({ example: null }),
    every: Every,
    product_tag: z.string().nullable().openapi({ example: null }),
    sku_id: z.string().nullable().openapi({ example: null }),
  })
  .openapi("ContractEscalation")

export function escalationToApi(escalation: Escalation): z.infer<typeof EscalationSchema> {
  const { type, every, productTag, skuId } = escalation
  return {
    type,
    bps: type === "Percent" ? escalation.bps : null,
    amount_nanos: type === "Fixed" ? escalation.amountNanos : null,
    every,
    product_tag: productTag,
    sku_id: skuId,
  }
}
