// Why an action says no. Each code has one HTTP status, in api/problems.ts.

export type RefusalCode =
  | "not_found"
  | "forbidden"
  | "invalid_request"
  | "conflict"
  | "invalid_state"
  | "already_exists"
  | "currency_mismatch"
  | "idempotency_key_reused"
  | "event_id_conflict"
  | "event_not_metered"
  | "timestamp_in_future"
  | "property_missing"
  | "property_not_a_number"
  | "too_many_groups"
  | "subscription_ended"
  | "period_finalized"
  | "spend_limit_reached"
  | "meter_busy"
  | "amount_out_of_range"
  | "archive_damaged"
  | "processor_unavailable"

export type Fault = { readonly path: string; readonly message: string }

export type Refusal = {
  readonly code: RefusalCode
  readonly detail: string
  readonly errors?: readonly Fault[]
}

export function refusal(code: RefusalCode, detail: string, errors?: readonly Fault[]): Refusal {
  return errors === undefined ? { code, detail } : { code, detail, errors }
}

export function notFound(what: string): Refusal {
  return refusal("not_found", `There is no such ${what}.`)
}

export function invalid(path: string, message: string): Refusal {
  return refusal("invalid_request", message, [{ path, message }])
}

/** A body names something that does not exist, or exists for another tenant only: a fault with its place. */
export function missing(path: string, what: string): Refusal {
  const { code, detail } = notFound(what)
  return refusal(code, detail, [{ path, message: detail }])
}

/** A body whose fields do not go together, fault by fault. */
export function invalidFields(faults: readonly Fault[]): Refusal {
  const detail = faults.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`))
  return refusal("invalid_request", detail.slice(0, 5).join("; "), faults)
}
