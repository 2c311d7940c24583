// `npm run fix`: what tools can put right by themselves. Lint first, because its repairs may need formatting.

import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { root } from "./lib/root.ts"

const oxlint = join(root, "node_modules/oxlint/bin/oxlint")
const oxfmt = join(root, "node_modules/oxfmt/bin/oxfmt")

const codes = [[oxlint, "--fix"], [oxfmt]].map(
  (args) => spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" }).status ?? 1,
)
process.exit(Math.max(...codes))
