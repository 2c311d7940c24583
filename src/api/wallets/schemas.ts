// Wallets on the wire.

import { z } from "@hono/zod-openapi"
import type { NewWallet, WalletFields } from "../../actions/change-wallet.ts"
import type { HeldGrant } from "../../db/readers/wallets.ts"
import type { WalletGrantRow, WalletRow } from "../../db/rows.ts"
import type { Instant } from "../../domain/time.ts"
import { balanceOf, isLive } from "../../domain/wallet.ts"
import {
  AmountNanos,
  CurrencyCode,
  CurrencyText,
  Id,
  Name,
  PositiveNanos,
  timestamp,
  TimestampText,
} from "../shared/fields.ts"
import {
  CreditScopeInput,
  CreditScopeSchema,
  GrantSchema,
  grantToApi,
  nanosText,
  Priority,
  scopeFrom,
  scopeToApi,
} from "./grant-schemas.ts"

const AutoRechargeInput = z
  .strictObject({
    threshold_nanos: PositiveNanos.openapi({
      description: "Once less than this is left, the wallet is filled up.",
      example: "10000000000000",
    }),
    amount_nanos: PositiveNanos.openapi({
      description: "So much is charged and granted, in whole minor units.",
      example: "50000000000000",
    }),
    monthly_cap_nanos: PositiveNanos.nullable().optional().openapi({
      description: "At most so much is charged in a calendar month; without end if it is left out.",
      example: "500000000000000",
    }),
    payment_method_id: Id("payment method").nullable().optional().openapi({
      description: "The method that is charged; the customer's default one if it is left out.",
    }),
  })
  .openapi("AutoRechargeInput")

const AutoRechargeSchema = z
  .object({
    threshold_nanos: AmountNanos.openapi({ example: "10000000000000" }),
    amount_nanos: AmountNanos.openapi({ example: "50000000000000" }),
    monthly_cap_nanos: AmountNanos.nullable(),
    payment_method_id: z.string().nullable().openapi({ example: null }),
  })
  .openapi("AutoRecharge")

const FIELDS = {
  priority: Priority.optional(),
  scope: CreditScopeInput.nullable().optional(),
  stop_at_zero: z.boolean().optional().openapi({
    description:
      "Usage is refused with 402 `spend_limit_reached` that the customer's credit which pays everything can't pay.",
    example: false,
  }),
  auto_recharge: AutoRechargeInput.nullable().optional(),
  low_balance_nanos: PositiveNanos.nullable().optional().openapi({
    description: "`wallet.low` is told once less than this is left.",
    example: "5000000000000",
  }),
}

export const WalletInput = z
  .strictObject({ name: Name.openapi({ example: "Prepaid" }), currency: CurrencyCode.optional(), ...FIELDS })
  .openapi("WalletInput", {
    example: { name: "Prepaid", currency: "USD", priority: 100, low_balance_nanos: "5000000000000" },
  })

export const WalletChange = z
  .strictObject({ name: Name.optional().openapi({ example: "Prepaid" }), ...FIELDS })
  .openapi("WalletChange", { example: { name: "Prepaid", low_balance_nanos: "5000000000000" } })

/** What is left out stays, or is as a new wallet has it. */
export function fieldsFrom(input: z.infer<typeof WalletChange>): Partial<WalletFields> {
  const { name, priority, scope, stop_at_zero: stop, auto_recharge: recharge, low_balance_nanos: low } = input
  return {
    ...(name === undefined ? {} : { name }),
    ...(priority === undefined ? {} : { priority }),
    ...(scope === undefined ? {} : { scope: scope === null ? null : scopeFrom(scope) }),
    ...(stop === undefined ? {} : { stopAtZero: stop }),
    ...(recharge === undefined ? {} : { autoRecharge: recharge === null ? null : rechargeFrom(recharge) }),
    ...(low === undefined ? {} : { lowBalanceNanos: low }),
  }
}

export function newWalletFrom({ name, currency, ...input }: z.infer<typeof WalletInput>): NewWallet {
  return { ...fieldsFrom(input), name, currency: currency ?? null }
}

function rechargeFrom(input: z.infer<typeof AutoRechargeInput>): NonNullable<WalletRow["autoRecharge"]> {
  return {
    thresholdNanos: input.threshold_nanos,
    amountNanos: input.amount_nanos,
    monthlyCapNanos: input.monthly_cap_nanos ?? null,
    paymentMethodId: input.payment_method_id ?? null,
  }
}

export const WalletSchema = z
  .object({
    id: z.string().openapi({ example: "01944b1f-0000-7000-8000-00000000000d" }),
    customer_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000001" }),
    name: z.string().openapi({ example: "Prepaid" }),
    currency: CurrencyText,
    is_default: z
      .boolean()
      .openapi({ description: "Credit that names no wallet goes to it.", example: true }),
    priority: Priority,
    scope: CreditScopeSchema.nullable(),
    stop_at_zero: z.boolean().openapi({ example: false }),
    auto_recharge: AutoRechargeSchema.nullable(),
    low_balance_nanos: AmountNanos.nullable(),
    low_at: TimestampText.nullable().openapi({
      description: "Since when less than that is left; null: there is as much.",
      example: null,
    }),
    depleted_at: TimestampText.nullable().openapi({
      description: "Since when nothing is left, or usage is refused that it can't pay; null: there is some.",
      example: null,
    }),
    created_at: TimestampText,
  })
  .openapi("Wallet")

export function walletToApi(row: WalletRow): z.infer<typeof WalletSchema> {
  const { autoRecharge } = row
  return {
    id: row.id,
    customer_id: row.customerId,
    name: row.name,
    currency: row.currency,
    is_default: row.isDefault,
    priority: row.priority,
    scope: scopeToApi(row.scope),
    stop_at_zero: row.stopAtZero,
    auto_recharge:
      autoRecharge === null
        ? null
        : {
            threshold_nanos: autoRecharge.thresholdNanos,
            amount_nanos: autoRecharge.amountNanos,
            monthly_cap_nanos: autoRecharge.monthlyCapNanos,
            payment_method_id: autoRecharge.paymentMethodId,
          },
    low_balance_nanos: row.lowBalanceNanos,
    low_at: timestamp(row.lowAt),
    depleted_at: timestamp(row.depletedAt),
    created_at: timestamp(row.createdAt),
  }
}

export const HeldWalletSchema = WalletSchema.extend({
  balance_nanos: AmountNanos.openapi({ description: "What its grants hold that have not lapsed." }),
  paid_nanos: AmountNanos.openapi({ description: "What of it was paid for." }),
  promotional_nanos: AmountNanos.openapi({ description: "What of it was given." }),
  grants: z.array(GrantSchema).openapi({ description: "Those of which something is left, oldest first." }),
}).openapi("WalletWithGrants")

/** `held`: what the customer holds. */
export function heldToApi(
  wallet: WalletRow,
  held: readonly HeldGrant[],
  now: Instant,
): z.infer<typeof HeldWalletSchema> {
  const rows = held
    .filter((grant) => grant.wallet.id === wallet.id && isLive(grant, now))
    .map(({ row }) => row)
  const sumOf = (some: readonly WalletGrantRow[]) => nanosText(balanceOf(some, now), wallet.currency)
  return {
    ...walletToApi(wallet),
    balance_nanos: sumOf(rows),
    paid_nanos: sumOf(rows.filter(({ kind }) => kind === "Paid")),
    promotional_nanos: sumOf(rows.filter(({ kind }) => kind === "Promotional")),
    grants: rows.map(grantToApi),
  }
}
