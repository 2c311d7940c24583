// Both signatures of a webhook: against the published vector of Standard Webhooks, and against Node's own HMAC.

import { Buffer } from "node:buffer"
import { createHmac } from "node:crypto"
import { describe, expect, test } from "vitest"
import { billingSignature, standardSignature } from "../../src/webhooks/sign.ts"

// https://github.com/standard-webhooks/standard-webhooks, the test "sign function works" of its libraries.
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
const ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
const SECONDS = 1_614_265_330
const BODY = '{"test": 2432232314}'
const SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

const OTHER = `whsec_${Buffer.from("another secret of 24 by.").toString("base64")}`

describe("Standard Webhooks", () => {
  test("the published vector", async () => {
    expect(await standardSignature([SECRET], ID, SECONDS, BODY)).toBe(SIGNATURE)
  })

  test("one signature for each secret, the present one first", async () => {
    const [present, previous, ...more] = (await standardSignature([OTHER, SECRET], ID, SECONDS, BODY)).split(
      " ",
    )
    const key = Buffer.from(OTHER.slice("whsec_".length), "base64")
    const mac = createHmac("sha256", key).update(`${ID}.${SECONDS}.${BODY}`).digest("base64")
    expect([present, previous, more]).toEqual([`v1,${mac}`, SIGNATURE, []])
  })
})

test("bill.sh: the HMAC of the bytes under the secret as it is written", async () => {
  const body = '{"id":"1","data":{"name":"Zoë 💸"}}'
  const expected = createHmac("sha256", SECRET).update(Buffer.from(body)).digest("hex")
  expect(await billingSignature(SECRET, body)).toBe(expected)
})
