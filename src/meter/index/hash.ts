// The hash of an event's id, as the id index stores it: MurmurHash3 (x86, 32 bits, seed 0) over the id's UTF-16 code units, low
// byte first. Its law: it never changes, since what it gave is stored for the life of every subscription.
// It has no secret: whoever makes ids that collide slows down the subscription that they are sent to, and no other.

const FIRST_FACTOR = 0xcc9e2d51
const SECOND_FACTOR = 0x1b873593

/** From 0 to 2^32 - 1. */
export function hashOfId(id: string): number {
  const length = id.length
  const paired = length & ~1
  let hash = 0
  for (let at = 0; at < paired; at += 2) {
    hash ^= scrambled(id.charCodeAt(at) | (id.charCodeAt(at + 1) << 16))
    hash = (hash << 13) | (hash >>> 19)
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0
  }
  if (paired < length) hash ^= scrambled(id.charCodeAt(paired))
  hash ^= 2 * length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function scrambled(block: number): number {
  const mixed = Math.imul(block, FIRST_FACTOR)
  return Math.imul((mixed << 15) | (mixed >>> 17), SECOND_FACTOR)
}
