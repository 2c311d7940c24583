// The OpenAPI documents without a server: for docs/openapi.json and the tests that hold it against drift.

import { document30, document31 } from "./describe.ts"
import { nativeApi } from "./index.ts"

export function openApiDocument(): object {
  return document30(nativeApi(null))
}

export function openApi31Document(): object {
  return document31(nativeApi(null))
}
