// GET /admin/v1/customers/{id}/wallet, GET …/wallet/entries, POST …/wallets, PATCH …/wallets/{wallet_id}

import { createRoute, z } from "@hono/zod-openapi"
import { createWallet, updateWallet } from "../../actions/change-wallet.ts"
import { findCustomer } from "../../actions/find.ts"
import { liveBalance } from "../../actions/live-balance.ts"
import type { Scope } from "../../actions/scope.ts"
import type { HeldGrant } from "../../db/readers/wallets.ts"
import type { Currency } from "../../domain/currency.ts"
import { formatNanos } from "../../domain/money.ts"
import { balanceOf } from "../../domain/wallet.ts"
import type { Api } from "../app.ts"
import { reads, writes } from "../shared/access.ts"
import {
  body,
  IdParam,
  json,
  linkNext,
  pageFrom,
  PageQuery,
  problems,
  reply,
  unwrap,
  writeProblems,
} from "../shared/door.ts"
import { AmountNanos, CurrencyText } from "../shared/fields.ts"
import { WalletEntrySchema, walletEntryToApi } from "./entry-schemas.ts"
import { nanosText } from "./grant-schemas.ts"
import {
  fieldsFrom,
  heldToApi,
  HeldWalletSchema,
  newWalletFrom,
  WalletChange,
  WalletInput,
  WalletSchema,
  walletToApi,
} from "./schemas.ts"

const WalletParams = IdParam.extend({
  wallet_id: z.string().openapi({
    param: { name: "wallet_id", in: "path" },
    example: "01944b1f-0000-7000-8000-00000000000d",
  }),
})

const WalletBalanceSchema = z
  .object({
    currency: CurrencyText,
    balance_nanos: AmountNanos.openapi({ description: "What all wallets of the currency hold." }),
    unbilled_nanos: AmountNanos.openapi({
      description:
        "What the usage comes to that is on no final invoice yet, of all subscriptions whose usage is on the customer's invoices.",
      example: "12340000000000",
    }),
    live_balance_nanos: AmountNanos.openapi({
      description:
        "What is left of the credit that pays everything once it has paid that usage. Below zero where it can't.",
      example: "37660000000000",
    }),
  })
  .openapi("WalletBalance")

const CustomerWalletSchema = z
  .object({
    customer_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000001" }),
    balances: z.array(WalletBalanceSchema),
    wallets: z.array(HeldWalletSchema).openapi({ description: "In the order in which they were made." }),
  })
  .openapi("CustomerWallet")

const getRoute = createRoute({
  method: "get",
  path: "/admin/v1/customers/{id}/wallet",
  operationId: "getCustomerWallet",
  tags: ["Wallets"],
  summary: "Get what a customer's wallets hold",
  description: "All wallets of the customer, each with the grants of which something is left.",
  ...reads("customers:read"),
  request: { params: IdParam },
  responses: { 200: json(CustomerWalletSchema, "The wallets."), ...problems(404) },
})

const entriesRoute = createRoute({
  method: "get",
  path: "/admin/v1/customers/{id}/wallet/entries",
  operationId: "listWalletEntries",
  tags: ["Wallets"],
  summary: "List what happened in a customer's wallets",
  description: "Newest first. What is left of a grant is what its entries add up to.",
  ...reads("customers:read"),
  request: {
    params: IdParam,
    query: PageQuery.extend({
      wallet_id: z.string().optional().openapi({ example: "01944b1f-0000-7000-8000-00000000000d" }),
      invoice_id: z.string().optional().openapi({ example: "01944b1f-0000-7000-8000-000000000004" }),
    }),
  },
  responses: { 200: json(z.array(WalletEntrySchema), "A page of entries."), ...problems(404, 422) },
})

const createRouteOf = createRoute({
  method: "post",
  path: "/admin/v1/customers/{id}/wallets",
  operationId: "createWallet",
  tags: ["Wallets"],
  summary: "Create a wallet",
  description:
    "A customer may have several, each in one currency. The first one of a currency is where credit goes that names no wallet.",
  ...writes("customers:write"),
  request: { params: IdParam, ...body(WalletInput) },
  responses: { 201: json(WalletSchema, "The wallet."), ...writeProblems(404) },
})

const updateRoute = createRoute({
  method: "patch",
  path: "/admin/v1/customers/{id}/wallets/{wallet_id}",
  operationId: "updateWallet",
  tags: ["Wallets"],
  summary: "Change a wallet",
  description: "What is left out stays as it is. What was drawn before is not drawn anew.",
  ...writes("customers:write"),
  request: { params: WalletParams, ...body(WalletChange) },
  responses: { 200: json(WalletSchema, "The wallet."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(getRoute, async (c) => {
    const scope = c.get("scope")
    const { id } = unwrap(await findCustomer(scope, c.req.valid("param").id))
    return c.json(await walletsOf(scope, id), 200)
  })

  api.openapi(entriesRoute, async (c) => {
    const scope = c.get("scope")
    const { id: customerId } = unwrap(await findCustomer(scope, c.req.valid("param").id))
    const { wallet_id: walletId, invoice_id: invoiceId, ...page } = c.req.valid("query")
    const found = await scope.read.wallets.entries(pageFrom(page), { customerId, walletId, invoiceId })
    linkNext(c, found.next)
    return c.json(found.rows.map(walletEntryToApi), 200)
  })

  api.openapi(createRouteOf, async (c) => {
    const { id } = c.req.valid("param")
    const input = newWalletFrom(c.req.valid("json"))
    const row = unwrap(await createWallet(c.get("scope"), id, input, reply(201, walletToApi)))
    return c.json(walletToApi(row), 201)
  })

  api.openapi(updateRoute, async (c) => {
    const { id: customerId, wallet_id: walletId } = c.req.valid("param")
    const fields = fieldsFrom(c.req.valid("json"))
    const at = { customerId, walletId }
    const row = unwrap(await updateWallet(c.get("scope"), at, fields, reply(200, walletToApi)))
    return c.json(walletToApi(row), 200)
  })
}

async function walletsOf(scope: Scope, customerId: string): Promise<z.infer<typeof CustomerWalletSchema>> {
  const { read, now } = scope
  const [wallets, held] = await Promise.all([
    read.wallets.ofCustomer(customerId),
    read.wallets.heldBy(customerId, null),
  ])
  const currencies = [...new Set(wallets.map(({ currency }) => currency))]
  const inCurrency = (currency: Currency): readonly HeldGrant[] =>
    held.filter(({ row }) => row.currency === currency)
  return {
    customer_id: customerId,
    balances: await Promise.all(
      currencies.map(async (currency) => {
        const { unbilledNanos, liveNanos } = await liveBalance(scope, customerId, currency)
        return {
          currency,
          balance_nanos: nanosText(balanceOf(inCurrency(currency), now), currency),
          unbilled_nanos: formatNanos(unbilledNanos),
          live_balance_nanos: formatNanos(liveNanos),
        }
      }),
    ),
    wallets: wallets.map((wallet) => heldToApi(wallet, held, now)),
  }
}
