// The name of the account that a key is of.

import Stripe from "stripe"
import { KeyRefused, NoAnswer } from "../port.ts"

/** A key is of one account for ever. Per isolate, and small: an account is asked for its name once, not with every charge. */
const known = new Map<string, string>()
const MOST_KNOWN = 1_000

export async function accountRef(client: Stripe, secretKey: string): Promise<string> {
  const remembered = known.get(secretKey)
  if (remembered !== undefined) return remembered
  const { id } = await asKnown(() => client.accounts.retrieveCurrent())
  if (known.size >= MOST_KNOWN) known.clear()
  known.set(secretKey, id)
  return id
}

/** A key that Stripe does not take is no failure of Stripe's that would pass. */
export async function asKnown<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof Stripe.errors.StripeAuthenticationError) {
      throw new KeyRefused("Stripe does not take the secret key of this account.")
    }
    if (error instanceof Stripe.errors.StripePermissionError) {
      throw new KeyRefused(`The secret key of this account may not do this at Stripe: ${error.message}`)
    }
    if (isAway(error)) throw new NoAnswer(`Stripe gives no answer: ${error.message}`, { cause: error })
    throw error
  }
}

/** It can't be reached, fails, or is too busy: what passes. */
function isAway(error: unknown): error is Error {
  const { StripeAPIError, StripeConnectionError, StripeRateLimitError } = Stripe.errors
  return (
    error instanceof StripeConnectionError ||
    error instanceof StripeAPIError ||
    error instanceof StripeRateLimitError
  )
}
