import { count } from '../../format'

/** What a report's table says, as the window writes it. Pure. */

/** Units and symbols stand as they are at the beginning of a head, too. */
const SYMBOL = /^(?:ms|n|p|a −|minus)(?: |$)/

/** Heads begin with a capital, but for symbols and the names of tasks. */
export const headWords = (head: string, names: ReadonlySet<string>): string =>
  names.has(head) || SYMBOL.test(head) ? head : head.charAt(0).toUpperCase() + head.slice(1)

/** Whole numbers of four digits or more: neither decimals of a number nor part of a name. */
const COUNTS = /(?<![\w.,-])\d{4,}(?![\w.,-]*\w)/g

/** Counts have their thousands apart. */
export const cellWords = (text: string): string => text.replace(COUNTS, (digits) => count(Number(digits)))
