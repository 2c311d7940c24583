// Cuts a group of requests in halves, down to single events, and makes one answer of what became of the parts.

import { assert } from "../domain/assert.ts"
import type { WireReply, WireRequest } from "./wire.ts"

/** Null for a single event. */
export function halves(requests: readonly WireRequest[]): readonly (readonly WireRequest[])[] | null {
  if (requests.length > 1) {
    const middle = requests.length >> 1
    return [requests.slice(0, middle), requests.slice(middle)]
  }
  const [request] = requests
  if (request === undefined || request.events.length < 2) return null
  const middle = request.events.length >> 1
  return [[partOf(request, request.events.slice(0, middle))], [partOf(request, request.events.slice(middle))]]
}

function partOf(request: WireRequest, events: WireRequest["events"]): WireRequest {
  return { ...request, events, text: JSON.stringify(events) }
}

/** The replies to the halves of one request are one reply again. */
export function merged(requests: readonly WireRequest[], replies: WireReply[]): WireReply[] {
  if (replies.length === requests.length) return replies
  let results = ""
  for (const reply of replies) {
    // What a half has stored stays stored: sent again, it comes back as a duplicate.
    if (reply.kind !== "Recorded") return [reply]
    results += reply.results
  }
  const last = replies.at(-1)
  assert(last?.kind === "Recorded", "a request has a reply")
  return [{ ...last, results }]
}
