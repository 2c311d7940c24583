// POST /admin/v1/customers/{id}/credits: the body of the seed platform, and what this one knows besides.

import { createRoute, z } from "@hono/zod-openapi"
import type { NewCredit, Transfer } from "../../actions/credit-customer.ts"
import { creditCustomer } from "../../actions/credit-customer.ts"
import { minor } from "../../domain/money.ts"
import { limits } from "../../limits.ts"
import type { Api } from "../app.ts"
import { writesByBodyKey } from "../shared/access.ts"
import { body, IdParam, json, reply, unwrap, writeProblems } from "../shared/door.ts"
import {
  AmountNanos,
  CurrencyCode,
  CurrencyText,
  Id,
  Name,
  Text,
  Timestamp,
  timestamp,
  TimestampText,
} from "../shared/fields.ts"
import { WalletEntrySchema, walletEntryToApi } from "./entry-schemas.ts"
import {
  CreditScopeInput,
  GrantKindSchema,
  GrantSchema,
  grantToApi,
  nanosText,
  Priority,
  scopeFrom,
} from "./grant-schemas.ts"

const AccountId = z.string().min(1).max(limits.externalIdLength)

const CreditInput = z
  .strictObject({
    amount_nanos: z
      .string()
      .regex(/^-?[1-9]\d{0,24}$/, {
        error: "expected a whole number other than zero at scale 12 of at most 25 digits, as a string",
      })
      .openapi({
        description: "In whole minor units of the currency. Below zero it takes credit away.",
        example: "50000000000000",
      }),
    currency: CurrencyCode.optional().openapi({
      type: "string",
      description: "The wallet's; without a wallet the customer's if it is left out.",
      example: "USD",
    }),
    wallet_id: Id("wallet").optional().openapi({
      description: "The customer's default wallet if it is left out; the first credit makes that.",
    }),
    kind: GrantKindSchema.optional().openapi({
      description:
        "Paid, the default: the customer has paid for it. Promotional: it is given. Of what is taken away: only of this kind.",
      example: "Promotional",
    }),
    priority: Priority.optional(),
    expires_at: Timestamp.optional().openapi({
      type: "string",
      format: "date-time",
      description: "From then on it pays nothing.",
      example: "2027-02-28T00:00:00Z",
    }),
    scope: CreditScopeInput.optional(),
    description: Text.optional().openapi({ example: "Welcome credit" }),
    reason: Text.optional().openapi({ description: "Told in the audit trail.", example: "Goodwill" }),
    actor_id: Name.optional().openapi({
      description: "Who wants it, told in the audit trail beside the key that asks.",
      example: "user-17",
    }),
    actor_name: Name.optional().openapi({ example: "Ada Lovelace" }),
    wallet_account_id: AccountId.optional().openapi({
      description: "What you call the account that it goes to; kept with the entry.",
      example: "100000000000000000000000000000000001",
    }),
    platform_account_id: AccountId.optional().openapi({
      description: "What you call the account that it comes from; kept with the entry.",
      example: "100000000000000000000000000000000002",
    }),
    idempotency_key: z.string().min(1).max(limits.idempotencyKeyLength).optional().openapi({
      description: "The same as the Idempotency-Key header.",
      example: "credit-2026-0042",
    }),
  })
  .openapi("CreditInput", {
    example: {
      amount_nanos: "50000000000000",
      kind: "Promotional",
      description: "Welcome credit",
      reason: "Goodwill",
    },
  })

const CreditAuditSchema = z
  .object({
    id: z.string().openapi({ example: "01944b1f-0000-7000-8000-0000000000a1" }),
    action: z.string().openapi({ example: "wallet.credited" }),
    actor_id: z.string().nullable().openapi({ example: "user-17" }),
    actor_name: z.string().nullable().openapi({ example: "Ada Lovelace" }),
    reason: z.string().nullable().openapi({ example: "Goodwill" }),
    amount_nanos: AmountNanos,
    at: TimestampText,
  })
  .openapi("CreditAudit")

const CreditSchema = z
  .object({
    transfer_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-0000000000f0" }),
    customer_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000001" }),
    wallet_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-00000000000d" }),
    currency: CurrencyText,
    amount_nanos: AmountNanos.openapi({ description: "Below zero where it was taken away." }),
    grant: GrantSchema.nullable().openapi({ description: "Null where credit was taken away." }),
    entries: z.array(WalletEntrySchema).openapi({ description: "What happened to which grant." }),
    audit_entry: CreditAuditSchema,
    created_at: TimestampText,
  })
  .openapi("Credit")

const route = createRoute({
  method: "post",
  path: "/admin/v1/customers/{id}/credits",
  operationId: "creditCustomer",
  tags: ["Wallets"],
  summary: "Grant credit, or take it away",
  description:
    "Credit pays the customer's invoices when they are finalized, before any payment method. What is taken away was there: a wallet never holds less than nothing.",
  ...writesByBodyKey("invoices:write"),
  request: { params: IdParam, ...body(CreditInput) },
  responses: { 201: json(CreditSchema, "What was granted or taken away."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(route, async (c) => {
    const { id } = c.req.valid("param")
    const input = creditFrom(c.req.valid("json"))
    const transfer = unwrap(await creditCustomer(c.get("scope"), id, input, reply(201, creditToApi)))
    return c.json(creditToApi(transfer), 201)
  })
}

function creditFrom(input: z.infer<typeof CreditInput>): NewCredit {
  const { scope, actor_id: actorId, actor_name: actorName } = input
  const { wallet_account_id: walletAccountId, platform_account_id: platformAccountId } = input
  const isNamed = walletAccountId !== undefined || platformAccountId !== undefined
  return {
    amountNanos: input.amount_nanos,
    currency: input.currency ?? null,
    walletId: input.wallet_id ?? null,
    kind: input.kind ?? null,
    priority: input.priority ?? null,
    expiresAt: input.expires_at ?? null,
    scope: scope === undefined ? null : scopeFrom(scope),
    description: input.description ?? null,
    reason: input.reason ?? null,
    reference: isNamed
      ? { walletAccountId: walletAccountId ?? null, platformAccountId: platformAccountId ?? null }
      : null,
    actor:
      actorId === undefined && actorName === undefined
        ? null
        : { id: actorId ?? null, name: actorName ?? null },
  }
}

function creditToApi({ wallet, grant, entries, ...done }: Transfer): z.infer<typeof CreditSchema> {
  const { id: walletId, customerId, currency } = wallet
  const [first] = entries
  const amount = minor(entries.reduce((sum, { amountMinor }) => sum + amountMinor, 0n))
  const amountNanos = nanosText(amount, currency)
  const at = first === undefined ? "" : timestamp(first.createdAt)
  return {
    transfer_id: first?.transferId ?? "",
    customer_id: customerId,
    wallet_id: walletId,
    currency,
    amount_nanos: amountNanos,
    grant: grant === null ? null : grantToApi(grant),
    entries: entries.map(walletEntryToApi),
    audit_entry: {
      id: done.auditId,
      action: done.action,
      actor_id: done.actor?.id ?? null,
      actor_name: done.actor?.name ?? null,
      reason: first?.reason ?? null,
      amount_nanos: amountNanos,
      at,
    },
    created_at: at,
  }
}
