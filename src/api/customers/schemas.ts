// How customers look on the wire.

import { z } from "@hono/zod-openapi"
import type { NewCustomer } from "../../actions/create-customer.ts"
import { customerState } from "../../actions/create-customer.ts"
import type { CustomerChanges } from "../../actions/update-customer.ts"
import type { CustomerRow } from "../../db/rows.ts"
import { limits } from "../../limits.ts"
import {
  CurrencyCode,
  CurrencyText,
  ExternalId,
  Id,
  MetadataSchema,
  Name,
  timestamp,
  TimestampText,
} from "../shared/fields.ts"
import { addressChange, addressFrom, AddressInput, AddressSchema } from "./address-schemas.ts"

export const AccountTypeSchema = z.enum(["Organization", "Individual", "Subsidiary"])
export const CustomerStatusSchema = z.enum(["Active", "Suspended", "Closed"])
export const ConsolidationSchema = z.enum(["Standalone", "ConsolidateToParent"])

const Details = {
  legal_name: Name.nullable()
    .optional()
    .openapi({ description: "The name on invoices, where it differs.", example: "Acme Corporation" }),
  parent_id: Id("customer").nullable().optional().openapi({
    description: "The account that it belongs to. A Subsidiary needs an Organization.",
    example: null,
  }),
  consolidation: ConsolidationSchema.optional().openapi({
    description:
      "Standalone, the default: billed on invoices of its own. ConsolidateToParent: its charges are a section of its parent's invoice, in the parent's currency.",
    example: "Standalone",
  }),
  bill_to_id: Id("customer").nullable().optional().openapi({
    description:
      "Who receives its invoices in its place, in the same currency. That one's own `bill_to_id` is not followed.",
    example: null,
  }),
  payment_terms_days: z.int().min(0).max(limits.paymentTermsDays).optional().openapi({
    description: "Days from finalization to the due date of an invoice; 30 by default.",
    example: 30,
  }),
  tax_id: z
    .string()
    .trim()
    .min(1)
    .max(limits.taxIdLength)
    .nullable()
    .optional()
    .openapi({ description: "VAT id, EIN and the like.", example: "DE123456789" }),
  billing_address: AddressInput.nullable().optional(),
  external_id: ExternalId.nullable().optional(),
  metadata: MetadataSchema.optional(),
}

const Email = z.email().max(limits.emailLength).openapi({ format: "email", example: "billing@acmecorp.com" })

export const CustomerInput = z
  .strictObject({
    display_name: Name.openapi({ example: "Acme Corp" }),
    email: Email.openapi({ description: "Where invoices go." }),
    currency: CurrencyCode.openapi({
      type: "string",
      description: "ISO 4217: the currency that the customer is billed in.",
      example: "USD",
    }),
    account_type: AccountTypeSchema.optional().openapi({
      description: "An Organization by default. An Individual has no children; a Subsidiary has a parent.",
      example: "Organization",
    }),
    ...Details,
  })
  .openapi("CustomerInput", {
    example: {
      display_name: "Acme Corp",
      email: "billing@acmecorp.com",
      currency: "USD",
      account_type: "Organization",
      payment_terms_days: 30,
      billing_address: {
        line1: "1 Example Street",
        city: "New York City",
        postal_code: "10001",
        region: "NY",
        country: "US",
      },
      metadata: { team: "growth" },
    },
  })

export const CustomerUpdate = z
  .strictObject({
    display_name: Name.optional().openapi({ example: "Acme Corp" }),
    email: Email.optional(),
    currency: CurrencyCode.optional().openapi({
      type: "string",
      description: "Can be changed until the customer has a subscription or an invoice.",
      example: "USD",
    }),
    account_type: AccountTypeSchema.optional().openapi({ example: "Organization" }),
    status: CustomerStatusSchema.optional().openapi({
      description:
        "Suspended: no new subscriptions. Closed: final, and only once every subscription has ended and nothing is owed.",
      example: "Active",
    }),
    ...Details,
  })
  .openapi("CustomerUpdate", {
    example: { display_name: "Acme Corp", email: "billing@acmecorp.com", payment_terms_days: 30 },
  })

export const CustomerSchema = z
  .object({
    id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000001" }),
    display_name: z.string().openapi({ example: "Acme Corp" }),
    legal_name: z.string().nullable().openapi({ example: "Acme Corporation" }),
    email: z.string().openapi({ example: "billing@acmecorp.com" }),
    account_type: AccountTypeSchema.openapi({ example: "Organization" }),
    status: CustomerStatusSchema.openapi({ example: "Active" }),
    parent_id: z.string().nullable().openapi({ example: null }),
    consolidation: ConsolidationSchema.openapi({ example: "Standalone" }),
    bill_to_id: z.string().nullable().openapi({ example: null }),
    billing_currency: CurrencyText,
    currency: CurrencyText.openapi({ description: "The same as `billing_currency`." }),
    payment_terms_days: z.int().openapi({ example: 30 }),
    tax_id: z.string().nullable().openapi({ example: "DE123456789" }),
    billing_address: AddressSchema.nullable().openapi({ description: "Where it is taxed." }),
    external_id: z.string().nullable().openapi({ example: "crm-4711" }),
    metadata: MetadataSchema,
    created_at: TimestampText,
  })
  .openapi("Customer")

const PAYMENT_TERMS_DAYS = 30

export function customerFrom(input: z.output<typeof CustomerInput>): NewCustomer {
  return {
    displayName: input.display_name,
    legalName: input.legal_name ?? null,
    email: input.email,
    accountType: input.account_type ?? "Organization",
    parentId: input.parent_id ?? null,
    consolidation: input.consolidation ?? "Standalone",
    billingCurrency: input.currency,
    paymentTermsDays: input.payment_terms_days ?? PAYMENT_TERMS_DAYS,
    taxId: input.tax_id ?? null,
    billingAddress: addressFrom(input.billing_address ?? null),
    billToId: input.bill_to_id ?? null,
    externalId: input.external_id ?? null,
    metadata: input.metadata ?? {},
  }
}

export function customerChangesFrom(input: z.output<typeof CustomerUpdate>): CustomerChanges {
  return {
    displayName: input.display_name,
    legalName: input.legal_name,
    email: input.email,
    accountType: input.account_type,
    status: input.status,
    parentId: input.parent_id,
    consolidation: input.consolidation,
    billToId: input.bill_to_id,
    billingCurrency: input.currency,
    paymentTermsDays: input.payment_terms_days,
    taxId: input.tax_id,
    billingAddress: addressChange(input.billing_address),
    externalId: input.external_id,
    metadata: input.metadata,
  }
}

export function customerToApi(row: CustomerRow): z.infer<typeof CustomerSchema> {
  const { metadata, ...state } = customerState(row)
  return {
    id: row.id,
    ...state,
    currency: row.billingCurrency,
    metadata: { ...metadata },
    created_at: timestamp(row.createdAt),
  }
}
