// A webhook from a server to a receiver in another process, and the snippets of docs/webhooks.md that verify it, as they stand there.

import { readFileSync } from "node:fs"
import type { IncomingHttpHeaders, Server as HttpServer } from "node:http"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { root } from "../../scripts/lib/root.ts"
import type { Server, Site } from "./support/server.ts"
import { newSite, ROOT_KEY } from "./support/server.ts"
import { run } from "./support/snippets.ts"

type Received = { readonly body: Buffer; readonly headers: IncomingHttpHeaders }

let site: Site
let server: Server
let receiver: HttpServer
let secret: string
let received: Received

beforeAll(async () => {
  site = await newSite()
  server = await site.start()
  const arrived = Promise.withResolvers<Received>()
  receiver = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on("data", (part: Buffer) => parts.push(part))
    request.on("end", () => {
      response.end("ok")
      arrived.resolve({ body: Buffer.concat(parts), headers: request.headers })
    })
  })
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve))
  const { port } = receiver.address() as AddressInfo
  const tenant = await post(ROOT_KEY, "tenants", { name: "Example Inc.", mode: "test" })
  const key: string = tenant.api_key.key
  const endpoint = { url: `http://127.0.0.1:${port}/hooks`, events: ["customer.created"] }
  secret = (await post(key, "webhooks", endpoint)).secret
  await post(key, "customers", { display_name: "Zoë 💸", email: "zoe@example.com", currency: "USD" })
  received = await arrived.promise
}, 60_000)

afterAll(async () => {
  receiver.close()
  await server.stop()
  await site.remove()
})

async function post(key: string, path: string, body: object): Promise<any> {
  const response = await fetch(`${server.url}/admin/v1/${path}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  })
  expect(response.status).toBe(201)
  return response.json()
}

test("what arrives is the event", () => {
  expect(JSON.parse(received.body.toString())).toMatchObject({
    id: received.headers["webhook-id"],
    type: "customer.created",
    sequence: 1,
    data: { display_name: "Zoë 💸" },
  })
})

const document = readFileSync(join(root, "docs/webhooks.md"), "utf8")
const snippet = (language: string) =>
  new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(document)?.[1] ?? ""

const PROGRAMS = {
  js: {
    name: "verify.mjs",
    command: process.execPath,
    text: `${snippet("js")}
const [body, signature, secret] = process.argv.slice(2)
console.log(verify(Buffer.from(body, "base64"), signature, secret))\n`,
  },
  python: {
    name: "verify.py",
    command: "python3",
    text: `${snippet("python")}
import base64, sys
print(verify(base64.b64decode(sys.argv[1]), sys.argv[2], sys.argv[3]))\n`,
  },
}

test.each(["js", "python"] as const)("the %s snippet takes it, and nothing else", async (language) => {
  const { name, command, text } = PROGRAMS[language]
  const signature = String(received.headers["x-billing-signature"])
  const verify = async (body: Buffer, by: string, under: string) => {
    const args = [name, body.toString("base64"), by, under]
    return (await run({ files: { [name]: text }, command, args })).trim().toLowerCase()
  }
  expect(await verify(received.body, signature, secret)).toBe("true")
  expect(await verify(Buffer.concat([received.body, Buffer.from(" ")]), signature, secret)).toBe("false")
  expect(await verify(received.body, signature, `${secret}x`)).toBe("false")
  expect(await verify(received.body, signature.slice(1), secret)).toBe("false")
})
