// POST /admin/v1/catalog/plans/{id}/migrate

import { createRoute, z } from "@hono/zod-openapi"
import type { Migrated, MigrationResult } from "../../actions/migrate-plan.ts"
import { migratePlan } from "../../actions/migrate-plan.ts"
import type { Currency } from "../../domain/currency.ts"
import type { Minor } from "../../domain/money.ts"
import { formatNanos, minor, minorToNanos } from "../../domain/money.ts"
import { limits } from "../../limits.ts"
import type { Api } from "../app.ts"
import { writes } from "../shared/access.ts"
import { body, IdParam, json, unwrap, writeProblems } from "../shared/door.ts"
import { AmountNanos, Id, timestamp, TimestampText } from "../shared/fields.ts"

const MigrateInput = z
  .strictObject({
    at: z.enum(["Now", "PeriodEnd"]).default("PeriodEnd").openapi({
      description: "At once, or where each one's running period ends, which is the default.",
      example: "PeriodEnd",
    }),
    prorate: z.boolean().default(true).openapi({
      description: "Of `Now`: whether the running period is charged by what was sold in each part of it.",
      example: true,
    }),
    subscription_ids: z
      .array(Id("subscription"))
      .min(1)
      .max(limits.migratedByName)
      .optional()
      .openapi({ description: "Only these; all that are on older versions by default." }),
    after: Id("subscription").optional().openapi({
      description: "Where to go on: `next` of the answer before.",
    }),
    dry_run: z.boolean().default(false).openapi({
      description: "Changes nothing, and says what it would mean for each.",
      example: true,
    }),
  })
  .openapi("MigrateInput", { example: { at: "PeriodEnd", dry_run: true } })

const MigratedSchema = z
  .object({
    subscription_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000003" }),
    from_version: z.int().openapi({ example: 1 }),
    effective_at: TimestampText.nullable(),
    current_nanos: AmountNanos.nullable().openapi({
      description: "Of a dry run: what is billed until its running period is closed, as it is.",
      example: "30000000000000",
    }),
    new_nanos: AmountNanos.nullable().openapi({
      description: "And with the change.",
      example: "35000000000000",
    }),
    difference_nanos: AmountNanos.nullable().openapi({ example: "5000000000000" }),
    error: z.string().nullable().openapi({ description: "Why this one was not moved.", example: null }),
  })
  .openapi("MigratedSubscription")

const MigrationSchema = z
  .object({
    plan_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000002" }),
    to_version: z.int().openapi({ example: 2 }),
    dry_run: z.boolean().openapi({ example: true }),
    subscriptions: z.array(MigratedSchema),
    next: z.string().nullable().openapi({
      description: "There are more: ask again with this as `after`.",
      example: null,
    }),
  })
  .openapi("Migration")

const route = createRoute({
  method: "post",
  path: "/admin/v1/catalog/plans/{id}/migrate",
  operationId: "migratePlan",
  tags: ["Catalog"],
  summary: "Move subscriptions to the newest version",
  description: `Up to ${limits.migratedAtOnce} at a time, in the order in which they were made; each is a change of its own. Sending it again moves those that are not moved yet.`,
  ...writes("catalog:write"),
  request: { params: IdParam, ...body(MigrateInput, false) },
  responses: { 200: json(MigrationSchema, "What became of each."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(route, async (c) => {
    const { at, prorate, subscription_ids: ids, after, dry_run: dryRun } = c.req.valid("json")
    const { id } = c.req.valid("param")
    const input = { at, prorate, subscriptionIds: ids ?? null, after: after ?? null, dryRun }
    const result = unwrap(await migratePlan(c.get("scope"), id, input))
    return c.json(migrationToApi(id, dryRun, result), 200)
  })
}

function migrationToApi(
  planId: string,
  dryRun: boolean,
  { toVersion, migrated, next }: MigrationResult,
): z.infer<typeof MigrationSchema> {
  return { plan_id: planId, to_version: toVersion, dry_run: dryRun, subscriptions: migrated.map(toApi), next }
}

function toApi({ subscription, fromVersion, effectiveAt, amounts, refused }: Migrated) {
  const shown = (amount: Minor | undefined) => nanosText(amount, subscription.currency)
  return {
    subscription_id: subscription.id,
    from_version: fromVersion,
    effective_at: timestamp(effectiveAt),
    current_nanos: shown(amounts?.before),
    new_nanos: shown(amounts?.after),
    difference_nanos: shown(amounts === null ? undefined : minor(amounts.after - amounts.before)),
    error: refused?.detail ?? null,
  }
}

function nanosText(amount: Minor | undefined, currency: Currency): string | null {
  return amount === undefined ? null : formatNanos(minorToNanos(amount, currency))
}
