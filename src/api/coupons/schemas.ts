// Coupons and what they are on, on the wire.

import { z } from "@hono/zod-openapi"
import type { CouponHead, NewCoupon } from "../../actions/create-coupon.ts"
import type { ChangesOf } from "../../actions/changes.ts"
import type { CouponRedemptionRow, CouponRow } from "../../db/rows.ts"
import { assert } from "../../domain/assert.ts"
import type { FieldFault } from "../../domain/catalog.ts"
import type { CouponTerms } from "../../domain/coupon.ts"
import { COUPON_DURATIONS, couponCode } from "../../domain/coupon.ts"
import type { CouponFields } from "../../domain/coupon-fields.ts"
import { couponFieldsOf, couponTermsFrom } from "../../domain/coupon-fields.ts"
import { limits } from "../../limits.ts"
import { faultsInto } from "../catalog/faults.ts"
import {
  AmountNanos,
  CurrencyCode,
  CurrencyText,
  Id,
  MetadataSchema,
  Name,
  Timestamp,
  timestamp,
  TimestampText,
} from "../shared/fields.ts"

export const CouponCode = z
  .string()
  .regex(new RegExp(`^[A-Za-z0-9][A-Za-z0-9_-]{0,${limits.couponCodeLength - 1}}$`), {
    error: `expected letters, digits, - and _, at most ${limits.couponCodeLength}`,
  })
  .transform(couponCode)
  .openapi({
    type: "string",
    description: "What is typed in to redeem it, in upper or lower case; told in upper case.",
    example: "LAUNCH20",
  })

const DurationSchema = z.enum(COUPON_DURATIONS)
const DURATION =
  "`Once`: the first period. `Repeating`: so many `periods`. `Forever`: all. They are counted from the period that runs when it is redeemed."
const PERCENT = "Basis points off each period, rounded once: 2000 is 20 %."
const AMOUNT = "Off each period, and at most what the period comes to; whole minor units of the currency."
const PLANS = "Reduces what these plans charge; every plan by default."
const SKUS = "Reduces these SKUs only, not the amount up to a minimum spend; every SKU by default."
const MOST =
  "How often it may be redeemed in all; without a limit by default. A removed coupon was redeemed too."
const EXPIRES = "From then on it can't be redeemed. Subscriptions that have it keep it."

const Amount = z
  .string()
  .regex(/^[1-9]\d{0,24}$/, {
    error: "expected a whole number above zero at scale 12 of at most 25 digits, as a string",
  })
  .openapi({ description: AMOUNT, example: "5000000000000" })

const MaxRedemptions = z.number().int().min(1).max(limits.couponRedemptions)
const ExpiresAt = Timestamp.openapi({ type: "string", format: "date-time", example: "2027-02-28T00:00:00Z" })

const EXAMPLE = { code: "LAUNCH20", percent_bps: 2000, duration: "Repeating", periods: 3 }

export const CouponInput = z
  .strictObject({
    code: CouponCode,
    name: Name.optional().openapi({ description: "Its code by default.", example: "Launch offer" }),
    percent_bps: z
      .number()
      .int()
      .min(1)
      .max(10_000)
      .optional()
      .openapi({ description: PERCENT, example: 2000 }),
    amount_nanos: Amount.optional(),
    currency: CurrencyCode.optional().openapi({
      type: "string",
      description: "Of amount_nanos; such a coupon is for subscriptions in it.",
      example: "USD",
    }),
    duration: DurationSchema.openapi({ description: DURATION, example: "Repeating" }),
    periods: z
      .number()
      .int()
      .min(1)
      .max(limits.couponPeriods)
      .optional()
      .openapi({ description: "Repeating: how many.", example: 3 }),
    plan_ids: z
      .array(Id("plan"))
      .min(1)
      .max(limits.couponTargets)
      .optional()
      .openapi({ description: PLANS, example: ["01944b1f-0000-7000-8000-000000000002"] }),
    sku_ids: z
      .array(Id("SKU"))
      .min(1)
      .max(limits.couponTargets)
      .optional()
      .openapi({ description: SKUS, example: ["01944b1f-0000-7000-8000-000000000005"] }),
    max_redemptions: MaxRedemptions.optional().openapi({ description: MOST, example: 500 }),
    expires_at: ExpiresAt.optional().openapi({ description: EXPIRES }),
    metadata: MetadataSchema.optional(),
  })
  .superRefine(faultsInto(faultsOf))
  .openapi("CouponInput", { example: EXAMPLE })

export const CouponUpdate = z
  .strictObject({
    name: Name.optional().openapi({ example: "Launch offer" }),
    max_redemptions: MaxRedemptions.nullable().optional().openapi({ description: MOST, example: 500 }),
    expires_at: ExpiresAt.nullable().optional().openapi({ description: EXPIRES }),
    metadata: MetadataSchema.optional(),
  })
  .openapi("CouponUpdate", { example: { max_redemptions: 1000 } })

const TermsOutput = {
  percent_bps: z.int().nullable().openapi({ description: PERCENT, example: 2000 }),
  amount_nanos: AmountNanos.nullable().openapi({ description: AMOUNT, example: null }),
  currency: CurrencyText.nullable().openapi({ example: null }),
  duration: DurationSchema.openapi({ description: DURATION, example: "Repeating" }),
  periods: z.int().nullable().openapi({ example: 3 }),
  plan_ids: z.array(z.string()).nullable().openapi({ description: PLANS, example: null }),
  sku_ids: z.array(z.string()).nullable().openapi({ description: SKUS, example: null }),
}

export const CouponSchema = z
  .object({
    id: z.string().openapi({ example: "01944b1f-0000-7000-8000-00000000000d" }),
    code: z.string().openapi({ example: "LAUNCH20" }),
    name: z.string().openapi({ example: "Launch offer" }),
    ...TermsOutput,
    max_redemptions: z.int().nullable().openapi({ description: MOST, example: 500 }),
    times_redeemed: z.int().openapi({ example: 17 }),
    expires_at: TimestampText.nullable().openapi({ description: EXPIRES, example: null }),
    archived_at: TimestampText.nullable().openapi({ example: null }),
    metadata: MetadataSchema,
    created_at: TimestampText,
  })
  .openapi("Coupon")

export const RedemptionInput = z.strictObject({ coupon: CouponCode }).openapi("CouponRedemptionInput")

export const RedemptionSchema = z
  .object({
    id: z.string().openapi({ example: "01944b1f-0000-7000-8000-00000000000e" }),
    coupon_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-00000000000d" }),
    code: z.string().openapi({ example: "LAUNCH20" }),
    subscription_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000003" }),
    ...TermsOutput,
    from_index: z.int().openapi({
      description: "The first period that it reduces, as the schedule counts them.",
      example: 0,
    }),
    redeemed_at: TimestampText,
    removed_at: TimestampText.nullable().openapi({
      description: "Periods that begin later are not reduced.",
      example: null,
    }),
  })
  .openapi("CouponRedemption")

function faultsOf(fields: CouponFields): readonly FieldFault[] {
  const terms = couponTermsFrom(fields)
  return terms.ok ? [] : terms.error
}

export function couponFrom(input: z.output<typeof CouponInput>): NewCoupon {
  const terms = couponTermsFrom(input)
  assert(terms.ok, "the schema passes only fields that go together")
  return {
    code: input.code,
    name: input.name ?? input.code,
    terms: terms.value,
    maxRedemptions: input.max_redemptions ?? null,
    expiresAt: input.expires_at ?? null,
    metadata: input.metadata ?? {},
  }
}

export function couponChangesFrom(input: z.output<typeof CouponUpdate>): ChangesOf<CouponHead> {
  const { name, max_redemptions: maxRedemptions, expires_at: expiresAt, metadata } = input
  return { name, maxRedemptions, expiresAt, metadata }
}

export function couponToApi(row: CouponRow): z.infer<typeof CouponSchema> {
  return {
    id: row.id,
    code: row.code,
    name: row.name,
    ...termsToApi(row.terms),
    max_redemptions: row.maxRedemptions,
    times_redeemed: row.timesRedeemed,
    expires_at: timestamp(row.expiresAt),
    archived_at: timestamp(row.archivedAt),
    metadata: { ...row.metadata },
    created_at: timestamp(row.createdAt),
  }
}

export function redemptionToApi(row: CouponRedemptionRow): z.infer<typeof RedemptionSchema> {
  return {
    id: row.id,
    coupon_id: row.couponId,
    code: row.code,
    subscription_id: row.subscriptionId,
    ...termsToApi(row.terms),
    from_index: row.fromIndex,
    redeemed_at: timestamp(row.redeemedAt),
    removed_at: timestamp(row.removedAt),
  }
}

function termsToApi(terms: CouponTerms) {
  const { plan_ids: planIds, sku_ids: skuIds, ...rest } = couponFieldsOf(terms)
  return {
    ...rest,
    plan_ids: planIds === null ? null : [...planIds],
    sku_ids: skuIds === null ? null : [...skuIds],
  }
}
