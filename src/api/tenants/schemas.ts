// How tenants and API keys look on the wire.

import { z } from "@hono/zod-openapi"
import type { CreatedApiKey } from "../../actions/create-api-key.ts"
import type { TenantChanges } from "../../actions/update-tenant.ts"
import type { ApiKeyRow, TenantRow } from "../../db/rows.ts"
import { LATE_EVENTS } from "../../domain/late-events.ts"
import {
  customerTrialDays,
  dunningSettingsOf,
  lateEventsOf,
  notificationsOf,
  retentionDays,
  SCOPES,
  taxSettingsOf,
} from "../../domain/tenant.ts"
import type { TenantSettings } from "../../domain/tenant.ts"
import { limits } from "../../limits.ts"
import {
  dunningSettingsFrom,
  DunningSettingsSchema,
  dunningSettingsToApi,
} from "../payments/dunning-schemas.ts"
import { notificationsFrom, NotificationSettingsSchema, notificationsToApi } from "./notification-schemas.ts"
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
  customer_trial_days_max: z.int().min(0).max(limits.trialDays).optional().openapi({
    description:
      "The longest trial that a customer's own token may ask for by `trial_days` on a plan without one; on a plan with a trial it may ask for that. 14 by default; 0 for none. Keys are not bound by it.",
    example: 14,
  }),
  tax: TaxSettingsInput.optional(),
  dunning: DunningSettingsSchema.optional(),
  notifications: NotificationSettingsSchema.optional(),
}

export const TenantInput = z
  .strictObject({
    name: Name.openapi({ example: "Example Inc." }),
    mode: z
      .enum(["live", "test"])
      .openapi({ description: "Test tenants have a clock that can be set.", example: "test" }),
    ...SettingsInput,
  })
  .openapi("TenantInput", {
    example: {
      name: "Example Inc.",
      mode: "test",
      company_name: "Example Inc.",
      company_address: "1 Example Street, Berlin",
      invoice_number_prefix: "INV-",
    },
  })

const StripeInput = z
  .strictObject({
    secret_key: z
      .string()
      .regex(/^(sk|rk)_(live|test)_[A-Za-z0-9_]{8,247}$/, {
        error: "expected a secret or restricted key of Stripe",
      })
      .openapi({ example: "sk_test_EXAMPLE0" }),
    webhook_secret: z
      .string()
      .regex(/^whsec_[A-Za-z0-9+/=_-]{8,247}$/, {
        error: "expected the signing secret of a webhook endpoint of Stripe",
      })
      .optional()
      .openapi({
        description: "Of the endpoint `/v1/webhooks/stripe?tenant=<id>`. Without it no event is taken.",
        example: "whsec_EXAMPLE0",
      }),
  })
  .openapi("StripeInput")

export const TenantUpdate = z
  .strictObject({
    name: Name.optional().openapi({ example: "Example Inc." }),
    ...SettingsInput,
    stripe: StripeInput.nullable().optional().openapi({
      description:
        "The tenant's own account at Stripe, which then moves its money; the keys are kept sealed and never told. Null takes it away: a test tenant is back in the sandbox, a live one has the operator's account or none.",
    }),
  })
  .openapi("TenantUpdate", {
    example: { company_name: "Example Inc.", company_address: "1 Example Street, Berlin" },
  })

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
    customer_trial_days_max: z.int().openapi({ example: 14 }),
    tax: TaxSettingsSchema,
    dunning: DunningSettingsSchema,
    notifications: NotificationSettingsSchema,
    has_stripe: z
      .boolean()
      .openapi({ description: "Whether it has an account of its own at Stripe.", example: false }),
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

type SettingsFields = Omit<z.infer<typeof TenantUpdate>, "stripe">

function stripeFrom({ secret_key, webhook_secret }: z.infer<typeof StripeInput>) {
  return { secretKey: secret_key, webhookSecret: webhook_secret ?? null }
}

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
    ...(input.customer_trial_days_max === undefined
      ? {}
      : { customerTrialDaysMax: input.customer_trial_days_max }),
    ...(input.tax === undefined ? {} : { tax: taxSettingsFrom(input.tax) }),
    ...(input.dunning === undefined ? {} : { dunning: dunningSettingsFrom(input.dunning) }),
    ...(input.notifications === undefined ? {} : { notifications: notificationsFrom(input.notifications) }),
  }
}

export function tenantChangesFrom(input: z.infer<typeof TenantUpdate>): TenantChanges {
  const { name, stripe } = input
  return {
    ...(name === undefined ? {} : { name }),
    ...(stripe === undefined ? {} : { stripe: stripe === null ? null : stripeFrom(stripe) }),
    settings: settingsFrom(input),
  }
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
    customer_trial_days_max: customerTrialDays(tenant.settings, 0),
    tax: taxSettingsToApi(taxSettingsOf(tenant.settings)),
    dunning: dunningSettingsToApi(dunningSettingsOf(tenant.settings)),
    notifications: notificationsToApi(notificationsOf(tenant.settings)),
    has_stripe: tenant.stripeSealed !== null,
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
