/**
 * Reads Python pickles as data: dictionaries, lists, texts and numbers. Nothing is imported, called or built: where a pickle
 * asks for that (a NumPy array), what it would have been made of is kept; only bytes and whole NumPy numbers are understood.
 */
export type Pickled =
  null | boolean | number | string | Buffer | Pickled[] | Map<Pickled, Pickled> | PickledObject

/** What Python would have made by calling `of` with these arguments. */
export interface PickledObject {
  readonly of: string
  readonly args: Pickled
}

const isObject = (value: Pickled | undefined): value is PickledObject =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !Buffer.isBuffer(value) &&
  !(value instanceof Map)

/** @throws {RangeError} naming the byte where the pickle ends too soon, or is not one that holds only data */
export function readPickle(bytes: Buffer): Pickled {
  return new PickleReading(bytes).value()
}

class PickleReading {
  #at = 0
  #stack: Pickled[] = []
  readonly #marks: number[] = []
  readonly #memo = new Map<number, Pickled>()

  constructor(private readonly bytes: Buffer) {}

  value(): Pickled {
    for (;;) {
      const at = this.#at
      const opcode = String.fromCharCode(this.#number(1))
      if (opcode === '.') return this.#pop()
      if (!this.#step(opcode)) {
        const code = opcode.charCodeAt(0).toString(16).padStart(2, '0')
        throw new RangeError(`pickle opcode 0x${code} at byte ${at} of a value`)
      }
    }
  }

  /** False: an operation that data do not need. */
  #step(opcode: string): boolean {
    switch (opcode) {
      case '\x80': // PROTO
        this.#take(1)
        return true
      case '\x95': // FRAME
        this.#take(8)
        return true
      case '(':
        this.#marks.push(this.#stack.length)
        return true
      case 'N':
        return this.#push(null)
      case '\x88':
        return this.#push(true)
      case '\x89':
        return this.#push(false)
      case 'K':
        return this.#push(this.#number(1))
      case 'M':
        return this.#push(this.#number(2))
      case 'J':
        return this.#push(this.#take(4).readInt32LE())
      case '\x8a': // LONG1
        return this.#push(wholeNumber(this.#take(this.#number(1))))
      case 'G':
        return this.#push(this.#take(8).readDoubleBE())
      case '\x8c':
        return this.#push(this.#take(this.#number(1)).toString('utf8'))
      case 'X':
        return this.#push(this.#take(this.#number(4)).toString('utf8'))
      case '\x8d':
        return this.#push(this.#take(this.#number(8)).toString('utf8'))
      case 'U': // Python 2's text
        return this.#push(this.#take(this.#number(1)).toString('latin1'))
      case 'T':
        return this.#push(this.#take(this.#number(4)).toString('latin1'))
      case 'C':
        return this.#push(this.#take(this.#number(1)))
      case 'B':
        return this.#push(this.#take(this.#number(4)))
      case '\x8e':
        return this.#push(this.#take(this.#number(8)))
      case '}':
        return this.#push(new Map<Pickled, Pickled>())
      case ']':
      case ')':
        return this.#push([])
      case 't':
        return this.#push(this.#marked())
      case '\x85':
      case '\x86':
      case '\x87':
        return this.#push(this.#popMany(opcode.charCodeAt(0) - 0x84))
      case 's':
        return this.#set(this.#popMany(2))
      case 'u':
        return this.#set(this.#marked())
      case 'a':
        return this.#append(this.#popMany(1))
      case 'e':
        return this.#append(this.#marked())
      case 'q':
        return this.#remember(this.#number(1))
      case 'r':
        return this.#remember(this.#number(4))
      case '\x94':
        return this.#remember(this.#memo.size)
      case 'h':
        return this.#push(this.#recall(this.#number(1)))
      case 'j':
        return this.#push(this.#recall(this.#number(4)))
      case 'c':
        return this.#push({ of: `${this.#line()}.${this.#line()}`, args: null })
      case '\x93': {
        const [module, name] = this.#popMany(2)
        if (typeof module !== 'string' || typeof name !== 'string')
          throw new RangeError(`a name that is no text at byte ${this.#at} of a value`)
        return this.#push({ of: `${module}.${name}`, args: null })
      }
      case 'R':
      case '\x81': {
        const [of, args] = this.#popMany(2)
        if (!isObject(of)) throw new RangeError(`a call of what is no name at byte ${this.#at} of a value`)
        return this.#push(understood(of.of, args ?? null) ?? { of: of.of, args: args ?? null })
      }
      case 'b': // BUILD: the object's state, which is not needed.
        this.#pop()
        return true
      default:
        return false
    }
  }

  #push(value: Pickled): true {
    this.#stack.push(value)
    return true
  }

  #pop(): Pickled {
    const value = this.#stack.pop()
    if (value === undefined) throw new RangeError(`a value is missing at byte ${this.#at} of a value`)
    return value
  }

  #popMany(count: number): Pickled[] {
    return Array.from({ length: count }, () => this.#pop()).reverse()
  }

  #marked(): Pickled[] {
    const mark = this.#marks.pop()
    if (mark === undefined) throw new RangeError(`a mark is missing at byte ${this.#at} of a value`)
    return this.#stack.splice(mark)
  }

  #set(items: Pickled[]): true {
    const into = this.#stack.at(-1)
    if (!(into instanceof Map)) throw new RangeError(`items of no dictionary at byte ${this.#at} of a value`)
    for (let i = 0; i + 1 < items.length; i += 2) into.set(items[i] ?? null, items[i + 1] ?? null)
    return true
  }

  #append(items: Pickled[]): true {
    const into = this.#stack.at(-1)
    if (!Array.isArray(into)) throw new RangeError(`items of no list at byte ${this.#at} of a value`)
    into.push(...items)
    return true
  }

  #remember(place: number): true {
    const value = this.#pop()
    this.#memo.set(place, value)
    return this.#push(value)
  }

  #recall(place: number): Pickled {
    const value = this.#memo.get(place)
    if (value === undefined)
      throw new RangeError(`nothing was kept as ${place}, at byte ${this.#at} of a value`)
    return value
  }

  #take(count: number): Buffer {
    if (this.#at + count > this.bytes.length)
      throw new RangeError(`a pickle that ends at byte ${this.bytes.length} of a value, too soon`)
    this.#at += count
    return this.bytes.subarray(this.#at - count, this.#at)
  }

  #number(size: 1 | 2 | 4 | 8): number {
    const bytes = this.#take(size)
    return size === 8 ? Number(bytes.readBigUInt64LE()) : bytes.readUIntLE(0, size)
  }

  #line(): string {
    const end = this.bytes.indexOf(10, this.#at)
    const line = this.#take((end < 0 ? this.bytes.length : end) - this.#at).toString('utf8')
    this.#take(1)
    return line
  }
}

/** Of up to eight bytes, the lowest first, signed. */
function wholeNumber(bytes: Buffer): number {
  if (bytes.length === 0) return 0
  if (bytes.length > 8) throw new RangeError(`a whole number of ${bytes.length} bytes`)
  return Number(BigInt.asIntN(8 * bytes.length, BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)))
}

/** The two calls whose result is data: bytes as protocol 2 has them, and a whole NumPy number, of its type and bytes. */
function understood(of: string, args: Pickled): Buffer | number | null {
  if (!Array.isArray(args)) return null
  if (of === '_codecs.encode' && typeof args[0] === 'string') return Buffer.from(args[0], 'latin1')
  if (!/^numpy\.(_?core)\.multiarray\.scalar$/.test(of)) return null
  const [type, bytes] = args
  if (!isObject(type) || !Array.isArray(type.args) || !Buffer.isBuffer(bytes)) return null
  const name = type.args[0]
  return typeof name === 'string' && /^[iu][1248]$/.test(name) ? wholeNumber(bytes) : null
}
