// Funding instruments: what somebody can be charged with or paid to, by the URI that its processor gave it. An instrument that is
// named becomes a payment method of the customer, for what names it alone.

import { attachPaymentMethod } from "../actions/attach-payment-method.ts"
import { foreignMethod } from "../actions/own-account.ts"
import type { Scope } from "../actions/scope.ts"
import type { PaymentMethodRow } from "../db/rows.ts"
import { limits } from "../limits.ts"
import { DomainError, refused } from "./errors.ts"

const KINDS = ["/cards/", "/bank_accounts/"]

/** The customer's payment method of this URI, which is attached if it is not one yet. */
export async function instrumentOf(scope: Scope, customerId: string, uri: string): Promise<PaymentMethodRow> {
  checkUri(uri)
  const processor = scope.platform.processorOf(scope.tenant)
  const known = await scope.read.paymentMethods.byGivenRef(customerId, processor.name, uri)
  if (known !== null && (await foreignMethod(processor, known)) === null) return known
  const wanted = { methodRef: uri, isDefault: false, isNamedOnly: true }
  const attached = await attachPaymentMethod(scope, customerId, wanted, null)
  if (attached.ok) return attached.value
  if (attached.error.code !== "invalid_request") throw refused(attached.error)
  throw new DomainError("InvalidFundingInstrument", attached.error.detail)
}

function checkUri(uri: string): void {
  if (!uri.startsWith("/")) {
    const wanted =
      "The funding_instrument_uri should be something like /v1/marketplaces/MPXXX.../cards/CCXXX..."
    throw new DomainError(
      "InvalidURIFormat",
      `${wanted}, but what we received is ${uri}. It should be a URI.`,
    )
  }
  if (!KINDS.some((kind) => uri.includes(kind))) {
    throw new DomainError("InvalidFundingInstrument", `Unknown type of funding instrument ${uri}`)
  }
  if (uri.length > limits.methodRefLength) {
    const most = `A URI has at most ${limits.methodRefLength} characters`
    throw new DomainError("InvalidFundingInstrument", most)
  }
}
