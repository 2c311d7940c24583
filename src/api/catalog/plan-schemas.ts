// How plans look on the wire.

import { z } from "@hono/zod-openapi"
import type { PlanHead } from "../../actions/create-plan.ts"
import { planState } from "../../actions/create-plan.ts"
import type { PlanChanges } from "../../actions/update-plan.ts"
import type { PlanWithTerms } from "../../db/readers/catalog.ts"
import { assert } from "../../domain/assert.ts"
import type { CadencedTerms, PlanFields } from "../../domain/plan-fields.ts"
import { planTermsFrom } from "../../domain/plan-fields.ts"
import { meanLengthMs, parseDuration } from "../../domain/time.ts"
import { limits } from "../../limits.ts"
import {
  AmountNanos,
  ExternalId,
  Id,
  MetadataSchema,
  Name,
  PriceNanos,
  Text,
  timestamp,
  TimestampText,
} from "../shared/fields.ts"
import { CatalogStatusSchema } from "./product-schemas.ts"
import { faultsInto } from "./faults.ts"

const CADENCES = ["Daily", "Weekly", "Monthly", "Quarterly", "Annual", "Custom"] as const

const CadenceSchema = z.enum(CADENCES)
const TrialUsageSchema = z.enum(["Charged", "Free"])
const ProrateSchema = z.enum(["Time", "Day"])
const DirectionSchema = z.enum(["Charge", "Payout"])

function isPeriod(text: string): boolean {
  const every = parseDuration(text)
  return every.ok && meanLengthMs(every.value) >= limits.shortestPeriodMs
}

const TermsInput = {
  interval: z
    .int()
    .min(1)
    .max(limits.cadenceInterval)
    .optional()
    .openapi({ description: "Bills every so many cadences; 1 by default. Not with Custom.", example: 1 }),
  period: z
    .string()
    .refine(isPeriod, { error: "expected an ISO 8601 duration of at least an hour, such as P10D" })
    .nullable()
    .optional()
    .openapi({ description: "ISO 8601: the length of a period. Only with Custom.", example: null }),
  trial_days: z
    .int()
    .min(0)
    .max(limits.trialDays)
    .optional()
    .openapi({ description: "None by default; a subscription may say otherwise.", example: 14 }),
  trial_usage: TrialUsageSchema.optional().openapi({
    description: "Whether metered usage of the trial is charged, which is the default, or Free.",
    example: "Charged",
  }),
  prorate: ProrateSchema.optional().openapi({
    description:
      "How a part of a period is charged: by its exact share of the Time, which is the default, or by whole days, the Day of a change to the new price.",
    example: "Time",
  }),
  minimum_spend_nanos: PriceNanos.nullable().optional().openapi({
    description: "The least that a period of a subscription comes to: what is missing is a line of its own.",
    example: "100000000000000",
  }),
}

const HeadInput = {
  description: Text.nullable().optional().openapi({ example: "For teams up to 10 users" }),
  product_id: Id("product")
    .nullable()
    .optional()
    .openapi({ example: "01944b1f-0000-7000-8000-000000000008" }),
  external_id: ExternalId.nullable().optional(),
  metadata: MetadataSchema.optional(),
}

export const PlanInput = z
  .strictObject({
    name: Name.openapi({ example: "Startup" }),
    billing_cadence: CadenceSchema.openapi({ description: "How often it bills.", example: "Monthly" }),
    direction: DirectionSchema.optional().openapi({
      description:
        "Payout: what it comes to is owed to the customer, invoiced below zero and paid out to its payment method. Its SKUs are Flat or PerUnit, without a meter. Charge by default; it stays what it is.",
      example: "Charge",
    }),
    ...HeadInput,
    ...TermsInput,
  })
  .superRefine(
    faultsInto((fields) => {
      const terms = planTermsFrom(fields)
      return terms.ok ? [] : [terms.error]
    }),
  )
  .openapi("PlanInput", {
    example: { name: "Startup", billing_cadence: "Monthly", description: "For teams up to 10 users" },
  })

export const PlanUpdate = z
  .strictObject({
    name: Name.optional().openapi({ example: "Startup" }),
    billing_cadence: CadenceSchema.optional().openapi({
      description: "Another cadence starts over with an interval of 1 unless one is given.",
      example: "Monthly",
    }),
    ...HeadInput,
    ...TermsInput,
  })
  .openapi("PlanUpdate", { example: { name: "Startup", description: "For teams up to 10 users" } })

export const PlanSchema = z
  .object({
    id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000002" }),
    name: z.string().openapi({ example: "Startup" }),
    description: z.string().nullable().openapi({ example: "For teams up to 10 users" }),
    billing_cadence: CadenceSchema.openapi({ example: "Monthly" }),
    interval: z.int().openapi({ example: 1 }),
    period: z
      .string()
      .nullable()
      .openapi({ description: "ISO 8601; only of a Custom cadence.", example: null }),
    trial_days: z.int().openapi({ example: 14 }),
    trial_usage: TrialUsageSchema.openapi({ example: "Charged" }),
    prorate: ProrateSchema.openapi({ example: "Time" }),
    minimum_spend_nanos: AmountNanos.nullable().openapi({
      description: "The least that a period of a subscription comes to.",
      example: "100000000000000",
    }),
    direction: DirectionSchema.openapi({
      description: "Payout: it is owed to the customer and paid out.",
      example: "Charge",
    }),
    product_id: z.string().nullable().openapi({ example: "01944b1f-0000-7000-8000-000000000008" }),
    version: z.int().openapi({
      description:
        "Counts the changes of terms and prices that were made while it was in use. New subscriptions get the newest version and keep theirs.",
      example: 1,
    }),
    status: CatalogStatusSchema.openapi({ example: "Active" }),
    external_id: z.string().nullable().openapi({ example: "crm-4711" }),
    metadata: MetadataSchema,
    archived_at: TimestampText.optional().openapi({ description: "Only on archived plans." }),
    created_at: TimestampText,
  })
  .openapi("Plan")

export function planHeadFrom(input: z.output<typeof PlanInput>): PlanHead {
  return {
    name: input.name,
    description: input.description ?? null,
    productId: input.product_id ?? null,
    externalId: input.external_id ?? null,
    metadata: input.metadata ?? {},
  }
}

/** The terms of an input that its schema has passed. */
export function planTermsOf(fields: PlanFields): CadencedTerms {
  const terms = planTermsFrom(fields)
  assert(terms.ok, "the schema passes only fields that go together")
  return terms.value
}

export function planChangesFrom(input: z.output<typeof PlanUpdate>): PlanChanges {
  const { name, description, product_id: productId, external_id: externalId, metadata, ...terms } = input
  return { head: { name, description, productId, externalId, metadata }, terms }
}

export function planToApi(found: PlanWithTerms): z.infer<typeof PlanSchema> {
  const { plan } = found
  const { metadata, ...state } = planState(found)
  return {
    id: plan.id,
    ...state,
    metadata: { ...metadata },
    status: plan.archivedAt === null ? "Active" : "Archived",
    ...(plan.archivedAt === null ? {} : { archived_at: timestamp(plan.archivedAt) }),
    created_at: timestamp(plan.createdAt),
  }
}
