// What an object has cost since it was woken, and how large it is.

export type Cost = {
  readonly rowsWritten: number
  readonly rowsRead: number
  readonly calls: number
  readonly bytes: number
}
