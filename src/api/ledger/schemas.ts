// How the ledger looks on the wire. Amounts have their sign by the double entry: debits are positive, credits negative.

import { z } from "@hono/zod-openapi"
import type { LedgerEntryRow } from "../../db/rows.ts"
import type { Currency } from "../../domain/currency.ts"
import type { AccountBalance, Difference, TrialBalance } from "../../domain/ledger.ts"
import {
  AUDIT_CHECKS,
  DAY_MS,
  dayOf,
  LEDGER_ACCOUNTS,
  LEDGER_CAUSES,
  NORMAL_BALANCE,
  onNormalSide,
} from "../../domain/ledger.ts"
import type { Minor } from "../../domain/money.ts"
import { formatNanos, minor, minorToNanos } from "../../domain/money.ts"
import type { Instant } from "../../domain/time.ts"
import { formatInstant, instant, parseInstant } from "../../domain/time.ts"
import { limits } from "../../limits.ts"
import { AmountNanos, CurrencyText, timestamp, TimestampText } from "../shared/fields.ts"

export const AccountName = z.enum(LEDGER_ACCOUNTS).openapi({ example: "AccountsReceivable" })

export const CauseName = z.enum(LEDGER_CAUSES).openapi({ example: "invoice.finalized" })

/** A day that we are given, as its number. */
export const Day = z
  .string()
  .transform((text, context): number => {
    const parsed = /^\d{4}-\d\d-\d\d$/.test(text) ? parseInstant(`${text}T00:00:00Z`) : null
    if (parsed?.ok === true && parsed.value < limits.latestTimestampMs) return dayOf(parsed.value)
    context.addIssue({ code: "custom", message: "expected a date such as 2026-02-28, before the year 3000" })
    return z.NEVER
  })
  .openapi({ type: "string", format: "date", example: "2026-02-28" })

export const DayText = z.string().openapi({ format: "date", example: "2026-02-28" })

export function dayText(day: number): string {
  return formatInstant(instant(day * DAY_MS)).slice(0, 10)
}

/** The day that is asked for, or the one that the tenant's clock is in. */
export function dayAsked(day: number | undefined, now: Instant): number {
  return day ?? dayOf(now)
}

export function nanosText(amount: Minor, currency: Currency): string {
  return formatNanos(minorToNanos(amount, currency))
}

export const LedgerAccountSchema = z
  .object({
    account: AccountName,
    normal_balance: z.enum(["Debit", "Credit"]).openapi({ example: "Debit" }),
    currency: CurrencyText,
    balance_nanos: AmountNanos.openapi({
      description: "On the account's normal side: revenue that was earned is positive, as is what is owed.",
    }),
    amount_nanos: AmountNanos.openapi({ description: "The same with debits positive." }),
  })
  .openapi("LedgerAccount")

export function accountToApi({ account, currency, amount }: AccountBalance) {
  return {
    account,
    normal_balance: NORMAL_BALANCE[account],
    currency,
    balance_nanos: nanosText(onNormalSide(account, amount), currency),
    amount_nanos: nanosText(amount, currency),
  }
}

export const TrialBalanceSchema = z
  .object({
    currency: CurrencyText,
    debit_nanos: AmountNanos.openapi({ description: "What accounts with debit balances come to." }),
    credit_nanos: AmountNanos.openapi({ description: "What those with credit balances come to." }),
    difference_nanos: AmountNanos.openapi({ description: "Debits less credits. Always zero.", example: "0" }),
    accounts: z.array(
      z.object({
        account: AccountName,
        debit_nanos: AmountNanos,
        credit_nanos: AmountNanos.openapi({ example: "0" }),
      }),
    ),
  })
  .openapi("TrialBalance")

export function trialToApi({ currency, debit, credit, accounts }: TrialBalance) {
  const text = (amount: bigint) => nanosText(minor(amount), currency)
  return {
    currency,
    debit_nanos: text(debit),
    credit_nanos: text(credit),
    difference_nanos: text(debit - credit),
    accounts: accounts.map(({ account, amount }) => ({
      account,
      debit_nanos: text(amount > 0n ? amount : 0n),
      credit_nanos: text(amount < 0n ? -amount : 0n),
    })),
  }
}

export const LedgerEntrySchema = z
  .object({
    id: z.string().openapi({ example: "01944b1f-0000-7000-8000-0000000000e1" }),
    transaction_id: z.string().openapi({
      description: "The entries of one transaction add up to zero.",
      example: "01944b1f-0000-7000-8000-0000000000e0",
    }),
    booked_at: TimestampText.openapi({ description: "By the tenant's clock." }),
    account: AccountName,
    customer_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000001" }),
    currency: CurrencyText,
    amount_nanos: AmountNanos.openapi({ description: "Debits are positive." }),
    cause: CauseName,
    cause_id: z.string().openapi({
      description: "The invoice, credit note, payment or refund.",
      example: "01944b1f-0000-7000-8000-000000000004",
    }),
    recognized_from: DayText.nullable().openapi({
      description: "The amount is booked day by day, in equal parts, from this day on; null: at once.",
    }),
    recognized_to: DayText.nullable().openapi({ description: "The day at which no more of it is booked." }),
  })
  .openapi("LedgerEntry")

export function entryToApi(row: LedgerEntryRow): z.infer<typeof LedgerEntrySchema> {
  const isDaily = row.toDay > 0
  return {
    id: row.id,
    transaction_id: row.transactionId,
    booked_at: timestamp(row.bookedAt),
    account: row.account,
    customer_id: row.customerId,
    currency: row.currency,
    amount_nanos: nanosText(row.amountMinor, row.currency),
    cause: row.cause,
    cause_id: row.causeId,
    recognized_from: isDaily ? dayText(row.fromDay) : null,
    recognized_to: isDaily ? dayText(row.toDay) : null,
  }
}

export const LedgerDifferenceSchema = z
  .object({
    check: z.enum(AUDIT_CHECKS).openapi({ example: "Receivables" }),
    customer_id: z.string().nullable().openapi({ example: "01944b1f-0000-7000-8000-000000000001" }),
    currency: CurrencyText,
    account: AccountName.nullable().openapi({ description: "Of a sum by day that is not right." }),
    expected_nanos: AmountNanos.openapi({ description: "What documents say; of a sum by day, the entries." }),
    actual_nanos: AmountNanos.openapi({ description: "What entries say; of a sum by day, the sum." }),
  })
  .openapi("LedgerDifference")

export function differenceToApi(found: Difference): z.infer<typeof LedgerDifferenceSchema> {
  return {
    check: found.check,
    customer_id: found.customerId,
    currency: found.currency,
    account: found.account,
    expected_nanos: nanosText(found.expected, found.currency),
    actual_nanos: nanosText(found.actual, found.currency),
  }
}
