// Which URLs a webhook may be sent to. Pure: it looks at the name, and the platform refuses to connect to private networks.
// Law: nobody can make us call what only we can reach. Whatever notation an address comes in, it is judged as the URL standard reads it.

import type { Result } from "./result.ts"
import { err, ok } from "./result.ts"

/** IPv4 ranges that are no public unicast addresses (IANA special-purpose registry), as [first octets, bits]. */
const CLOSED_V4: readonly (readonly [address: string, bits: bigint])[] = [
  ["0.0.0.0", 8n],
  ["10.0.0.0", 8n],
  ["100.64.0.0", 10n],
  ["127.0.0.0", 8n],
  ["169.254.0.0", 16n],
  ["172.16.0.0", 12n],
  ["192.0.0.0", 24n],
  ["192.0.2.0", 24n],
  ["192.88.99.0", 24n],
  ["192.168.0.0", 16n],
  ["198.18.0.0", 15n],
  ["198.51.100.0", 24n],
  ["203.0.113.0", 24n],
  ["224.0.0.0", 3n],
]

/** Of IPv6 only global unicast is open (2000::/3), and of that not what carries IPv4 inside, is for examples or for benchmarks. */
const OPEN_V6 = ["2000::", 3n] as const
const CLOSED_V6: readonly (readonly [address: string, bits: bigint])[] = [
  ["2001::", 23n],
  ["2001:db8::", 32n],
  ["2002::", 16n],
  ["3fff::", 20n],
]

/** Names that only mean something inside a network. */
const INNER_NAMES = ["localhost", "local", "internal", "intranet", "lan", "corp", "home", "home.arpa"]

/** The URL as it will be called, or what is wrong with it. `allowPrivate`: in local development. */
export function webhookUrl(text: string, allowPrivate: boolean): Result<string, string> {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null) return err("expected an absolute URL")
  if (url.username !== "" || url.password !== "") return err("expected a URL without credentials")
  if (url.hash !== "") return err("expected a URL without a fragment")
  if (allowPrivate && url.protocol === "http:") return ok(url.href)
  if (url.protocol !== "https:") return err("expected an https URL")
  return allowPrivate || isPublicHost(url.hostname)
    ? ok(url.href)
    : err("expected a host on the public internet")
}

/** `host`: as the URL standard writes it, so an IPv4 address in whatever notation is four decimal numbers. */
function isPublicHost(host: string): boolean {
  if (host.startsWith("[")) return isPublicV6(host.slice(1, -1))
  const name = host.replace(/\.+$/, "")
  if (/^\d+(\.\d+){3}$/.test(name)) return !CLOSED_V4.some(([from, bits]) => sharesV4(name, from, bits))
  // A name of one label, and one whose last label is a number, are resolved by whatever is near.
  if (!name.includes(".") || /\.\d+$/.test(name)) return false
  return !INNER_NAMES.some((inner) => name.endsWith(`.${inner}`))
}

function sharesV4(address: string, from: string, bits: bigint): boolean {
  return v4(address) >> (32n - bits) === v4(from) >> (32n - bits)
}

function v4(address: string): bigint {
  return address.split(".").reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n)
}

function isPublicV6(address: string): boolean {
  const inside = ([from, bits]: readonly [string, bigint]) =>
    v6(address) >> (128n - bits) === v6(from) >> (128n - bits)
  return inside(OPEN_V6) && !CLOSED_V6.some(inside)
}

function v6(address: string): bigint {
  const [head = "", tail] = address.split("::")
  const left = groups(head)
  const right = tail === undefined ? [] : groups(tail)
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => 0n)
  return [...left, ...zeros, ...right].reduce((sum, group) => (sum << 16n) | group, 0n)
}

function groups(text: string): bigint[] {
  return text === "" ? [] : text.split(":").map((group) => BigInt(`0x${group}`))
}
