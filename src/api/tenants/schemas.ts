// How tenants and API keys look on the wire.

import { z } from "@hono/zod-openapi"
import type { CreatedApiKey } from "../../actions/create-api-key.ts"
import type { TenantChanges } from "../../actions/update-tenant.ts"
import type { ApiKeyRow, TenantRow } from "../../db/rows.ts"
import { LATE_EVENTS } from "../../domain/late-events.ts"
import { lateEventsOf, retentionDays, SCOPES, taxSettingsOf } from "../../domain/tenant.ts"
import type { TenantSettings } from "../../domain/tenant.ts"
import { limits } from "../../limits.ts"
import { Name, Text, timestamp, TimestampText } from "../shared/fields.ts"
import { taxSettingsFrom, TaxSettingsInput, TaxSettingsSchema, taxSettingsToApi } from "../tax/schemas.ts"

const SettingsInput = {
  draft_grace_hours: z
    .number()
    .int()
    .min(0)
    .max(limits.graceHours)
    .optional()
    .openapi({ description: "How long a draft of a subscription waits for late events.", example: 1 }),
  auto_finalize: z.boolean().optional().openapi({
    description: "Whether drafts of subscriptions are finalized after the grace time.",
    example: true,
  }),
  invoice_number_prefix: z
    .string()
    .regex(/^[A-Za-z0-9/_.-]{0,20}$/, { error: "expected at most 20 letters, digits or / _ . -" })
    .optional()
    .openapi({ example: "INV-" }),
  company_name: Name.nullable().optional().openapi({ example: "Example Inc." }),
  company_address: Text.nullable().optional().openapi({ example: "1 Example Street, Berlin" }),
  late_events: z.enum(LATE_EVENTS).optional().openapi({
    description:
      "What becomes of an event of a period whose invoice is final. `NextInvoice`, the default: it is charged on the next invoice, with its own service period. `Reject`: it is refused with `period_finalized`. A change reaches the running subscriptions within moments; corrections of events are not late events.",
    example: "NextInvoice",
  }),
  raw_events_retention_days: z
    .number()
    .int()
    .min(1)
    .max(limits.rawEventsRetentionDays)
    .nullable()
    .optional()
    .openapi({
      description:
        "How long raw events stay at hand after the invoice of their period is final; then they move to the archive. 90 by default; null keeps them at hand for ever.",
      example: 90,
    }),
  tax: TaxSettingsInput.optional(),
}

export const TenantInput = z
  .strictObject({
    name: Name.openapi({ example: "Example Inc." }),
    mode: z
      .enum(["live", "test"])
      .openapi({ description: "Test tenants have a clock that can be set.", example: "test" }),
    ...SettingsInput,
  })
  .openapi("TenantInput")

export const TenantUpdate = z
  .strictObject({ name: Name.optional().openapi({ example: "Example Inc." }), ...SettingsInput })
  .openapi("TenantUpdate")

export const TenantSchema = z
  .object({
    id: z.string().openapi({ example: "01944b1f-0000-7000-8000-00000000000a" }),
    name: z.string().openapi({ example: "Example Inc." }),
    mode: z.enum(["live", "test"]).openapi({ example: "test" }),
    draft_grace_hours: z.int().openapi({ example: 1 }),
    auto_finalize: z.boolean().openapi({ example: true }),
    invoice_number_prefix: z.string().openapi({ example: "INV-" }),
    company_name: z.string().nullable().openapi({ example: "Example Inc." }),
    company_address: z.string().nullable().openapi({ example: "1 Example Street, Berlin" }),
    late_events: z.enum(LATE_EVENTS).openapi({ example: "NextInvoice" }),
    raw_events_retention_days: z.int().nullable().openapi({ example: 90 }),
    tax: TaxSettingsSchema,
    created_at: TimestampText,
  })
  .openapi("Tenant")

export const ApiKeyInput = z
  .strictObject({
    name: Name.openapi({ example: "Ingest" }),
    kind: z
      .enum(["Secret", "Publishable", "Restricted"])
      .optional()
      .openapi({ description: "Restricted when scopes are given, otherwise Secret.", example: "Restricted" }),
    scopes: z
      .array(z.enum(SCOPES))
      .max(limits.scopes)
      .optional()
      .openapi({ example: ["events:write", "metering:read"] }),
    description: Text.optional().openapi({ example: "The event pipeline" }),
  })
  .openapi("ApiKeyInput")

export const ApiKeySchema = z
  .object({
    id: z.string().openapi({ example: "01944b1f-0000-7000-8000-00000000000b" }),
    name: z.string().openapi({ example: "Ingest" }),
    description: z.string().nullable().openapi({ example: "The event pipeline" }),
    kind: z.enum(["Secret", "Publishable", "Restricted"]).openapi({ example: "Restricted" }),
    mode: z.enum(["live", "test"]).openapi({ example: "test" }),
    scopes: z
      .array(z.enum(SCOPES))
      .openapi({ description: "A Secret key has every scope.", example: ["events:write"] }),
    hint: z
      .string()
      .openapi({ description: "Enough of the key to recognize it.", example: "brk_test_…9f3a" }),
    created_at: TimestampText,
  })
  .openapi("ApiKey")

export const CreatedApiKeySchema = ApiKeySchema.extend({
  key: z
    .string()
    .openapi({ description: "The key. It is told this once and never again.", example: "brk_test_EXAMPLE" }),
}).openapi("CreatedApiKey")

export const CreatedTenantSchema = TenantSchema.extend({
  api_key: CreatedApiKeySchema.openapi({ description: "The tenant's first secret key." }),
}).openapi("CreatedTenant")

type SettingsFields = z.infer<typeof TenantUpdate>

export function settingsFrom(input: SettingsFields): Partial<TenantSettings> {
  return {
    ...(input.draft_grace_hours === undefined ? {} : { draftGraceHours: input.draft_grace_hours }),
    ...(input.auto_finalize === undefined ? {} : { autoFinalize: input.auto_finalize }),
    ...(input.invoice_number_prefix === undefined
      ? {}
      : { invoiceNumberPrefix: input.invoice_number_prefix }),
    ...(input.company_name === undefined ? {} : { companyName: input.company_name }),
    ...(input.company_address === undefined ? {} : { companyAddress: input.company_address }),
    ...(input.late_events === undefined ? {} : { lateEvents: input.late_events }),
    ...(input.raw_events_retention_days === undefined
      ? {}
      : { rawEventsRetentionDays: input.raw_events_retention_days }),
    ...(input.tax === undefined ? {} : { tax: taxSettingsFrom(input.tax) }),
  }
}

export function tenantChangesFrom(input: SettingsFields): TenantChanges {
  return { ...(input.name === undefined ? {} : { name: input.name }), settings: settingsFrom(input) }
}

export function tenantToApi(tenant: TenantRow): z.infer<typeof TenantSchema> {
  return {
    id: tenant.id,
    name: tenant.name,
    mode: tenant.mode,
    draft_grace_hours: tenant.settings.draftGraceHours,
    auto_finalize: tenant.settings.autoFinalize,
    invoice_number_prefix: tenant.settings.invoiceNumberPrefix,
    company_name: tenant.settings.companyName,
    company_address: tenant.settings.companyAddress,
    late_events: lateEventsOf(tenant.settings),
    raw_events_retention_days: retentionDays(tenant.settings),
    tax: taxSettingsToApi(taxSettingsOf(tenant.settings)),
    created_at: timestamp(tenant.createdAt),
  }
}

export function apiKeyToApi(key: ApiKeyRow): z.infer<typeof ApiKeySchema> {
  return {
    id: key.id,
    name: key.name,
    description: key.description,
    kind: key.kind,
    mode: key.mode,
    scopes: key.kind === "Secret" ? [...SCOPES] : [...key.scopes],
    hint: key.hint,
    created_at: timestamp(key.createdAt),
  }
}

export function createdApiKeyToApi({ key, secret }: CreatedApiKey): z.infer<typeof CreatedApiKeySchema> {
  return { ...apiKeyToApi(key), key: secret }
}
