// The one thing of Node's crypto module that is used: WebCrypto has no digest that answers at once. The platform provides the
// module itself (`nodejs_compat`, on by default since the compatibility date 2026-08-04).

declare module "node:crypto" {
  type Sha256 = { update(data: string | Uint8Array): Sha256; digest(): Uint8Array }
  export function createHash(algorithm: "sha256"): Sha256
}
