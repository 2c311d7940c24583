// big.js has no types of its own; this is the part of it that serves the tests as a second opinion on decimals.

declare module "big.js" {
  export default class Big {
    constructor(value: string | number | Big)
    static DP: number
    plus(other: Big): Big
    minus(other: Big): Big
    times(other: Big): Big
    div(other: Big): Big
    round(digits: number, mode: 0 | 1 | 2 | 3): Big
    cmp(other: Big): -1 | 0 | 1
    toFixed(digits?: number): string
  }
}
