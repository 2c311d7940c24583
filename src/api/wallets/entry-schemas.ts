// What happened in wallets, on the wire.

import { z } from "@hono/zod-openapi"
import type { WalletEntryRow } from "../../db/rows.ts"
import { ENTRY_KINDS } from "../../domain/wallet.ts"
import { AmountNanos, CurrencyText, timestamp, TimestampText } from "../shared/fields.ts"
import { nanosText } from "./grant-schemas.ts"

export const WalletEntrySchema = z
  .object({
    id: z.string().openapi({ example: "01944b1f-0000-7000-8000-0000000000f1" }),
    transfer_id: z.string().openapi({
      description: "The same for what was done at once to several grants.",
      example: "01944b1f-0000-7000-8000-0000000000f0",
    }),
    wallet_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-00000000000d" }),
    grant_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-00000000000e" }),
    kind: z.enum(ENTRY_KINDS).openapi({
      description:
        "Granted; Drawn: it paid an invoice; Returned: it went back from one; Expired; Debited: taken away by hand; Reversed: what it came from was taken back, or is given back as money.",
      example: "Granted",
    }),
    currency: CurrencyText,
    amount_nanos: AmountNanos.openapi({ description: "Below zero where it left the wallet." }),
    invoice_id: z.string().nullable().openapi({ example: null }),
    description: z.string().nullable().openapi({ example: "Welcome credit" }),
    reason: z.string().nullable().openapi({ example: "Goodwill" }),
    wallet_account_id: z.string().nullable().openapi({ example: null }),
    platform_account_id: z.string().nullable().openapi({ example: null }),
    created_at: TimestampText,
  })
  .openapi("WalletEntry")

export function walletEntryToApi(row: WalletEntryRow): z.infer<typeof WalletEntrySchema> {
  return {
    id: row.id,
    transfer_id: row.transferId,
    wallet_id: row.walletId,
    grant_id: row.grantId,
    kind: row.kind,
    currency: row.currency,
    amount_nanos: nanosText(row.amountMinor, row.currency),
    invoice_id: row.invoiceId,
    description: row.description,
    reason: row.reason,
    wallet_account_id: row.reference?.walletAccountId ?? null,
    platform_account_id: row.reference?.platformAccountId ?? null,
    created_at: timestamp(row.createdAt),
  }
}
