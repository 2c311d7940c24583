// HS256 tokens. The algorithm is fixed: a token that names another one is refused.

import { sign, verify } from "hono/jwt"

export async function signHs256(
  claims: Readonly<Record<string, string | number>>,
  secret: string,
): Promise<string> {
  return sign({ ...claims }, secret, "HS256")
}

/** The claims of a token whose signature and times hold, or null. */
export async function verifyHs256(token: string, secret: string): Promise<Record<string, unknown> | null> {
  try {
    return await verify(token, secret, "HS256")
  } catch {
    return null
  }
}
