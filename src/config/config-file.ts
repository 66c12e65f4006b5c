import { type Document, isScalar, parseDocument } from 'yaml'
import { z } from 'zod'
import { PosternError } from '../errors.ts'
import type { ConfigErrorCode } from './errors.ts'
import { InstallationDefaults } from './installation-defaults.ts'
import { readIfPresent, replaceFile } from './private-file.ts'
import { type Config, configSchema } from './schema.ts'

const PRIVATE = 0o600

/** config.yaml: read once, changed by dotted keys, written with its comments. */
export class ConfigFile {
  readonly #file: string
  /** What counts where the file says nothing. */
  readonly defaults: InstallationDefaults
  /** What was read or written last. */
  #text: string
  #document: Document
  #config: Config
  #changes: Promise<void> = Promise.resolve()

  private constructor(file: string, text: string, defaults: InstallationDefaults) {
    this.#file = file
    this.defaults = defaults
    this.#text = text
    this.#document = parseDocument(text)
    this.#config = this.#parse(this.#document)
  }

  /**
   * Reads the file; one that is not there counts as empty.
   *
   * @throws {PosternError} CONFIG_INVALID with the line, CONFIG_UNREADABLE
   */
  static async open(file: string, defaults = InstallationDefaults.none): Promise<ConfigFile> {
    return new ConfigFile(file, (await read(file)) ?? '', defaults)
  }

  /** The settings now; frozen. */
  get config(): Config {
    return this.#config
  }

  /** Tells whether a value stands in the file, and is not only a default. */
  isSet(path: readonly string[]): boolean {
    return this.#document.hasIn(path)
  }

  /** Lists all settings by their dotted keys, defaults included, profiles left out. */
  list(): Readonly<Record<string, unknown>> {
    const { profiles: _profiles, nextProfileNumber: _number, ...settings } = this.#config
    return Object.fromEntries(flatten(settings, ''))
  }

  /** @throws {PosternError} CONFIG_UNKNOWN_KEY */
  get(key: string): unknown {
    const all = this.list()
    if (Object.hasOwn(all, key)) return all[key]
    const below = Object.entries(all).filter(([name]) => name.startsWith(`${key}.`))
    if (below.length > 0) return Object.fromEntries(below)
    if (isKnown(key)) return null // a setting without a default
    throw unknownKey(key, Object.keys(all))
  }

  /**
   * Sets one setting from the text that a user typed.
   *
   * @throws {PosternError} CONFIG_UNKNOWN_KEY, CONFIG_INVALID_VALUE, CONFIG_UNWRITABLE
   */
  async set(key: string, text: string): Promise<unknown> {
    if (!isKnown(key)) throw unknownKey(key, Object.keys(this.list()))
    await this.change(key.split('.'), scalar(text))
    return this.get(key)
  }

  /** Sets a value at a path (undefined removes it), checks the whole and writes the file; one change after the other. */
  change(path: readonly string[], value: unknown): Promise<void> {
    const changed = this.#changes.then(() => this.#change(path, value))
    this.#changes = changed.catch(() => undefined) // told to this call's caller
    return changed
  }

  async #change(path: readonly string[], value: unknown): Promise<void> {
    await this.#readAgain()
    const changed = this.#document.clone() as Document // clone keeps the class, its type says Document.Parsed
    if (value === undefined) changed.deleteIn(path)
    else changed.setIn(path, changed.createNode(value))
    const config = check(changed, path.join('.'), this.defaults.config)
    const text = changed.toString()
    try {
      await replaceFile(this.#file, text, PRIVATE)
    } catch (cause) {
      throw unwritable(this.#file, cause)
    }
    this.#text = text
    this.#document = changed
    this.#config = config
  }

  /** What a person has edited meanwhile counts, and is not written over; where it is not valid, nothing is changed. */
  async #readAgain(): Promise<void> {
    const text = await read(this.#file)
    if (text === undefined || text === this.#text) return
    const document = parseDocument(text)
    this.#config = this.#parse(document)
    this.#document = document
    this.#text = text
  }

  #parse(document: Document): Config {
    return parse(document, this.#file, this.defaults.config)
  }
}

async function read(file: string): Promise<string | undefined> {
  try {
    return await readIfPresent(file)
  } catch (cause) {
    throw new PosternError<ConfigErrorCode>('CONFIG_UNREADABLE', `${file} cannot be read: ${textOf(cause)}`, {
      remedy: 'user',
      advice: 'Check its permissions.',
      cause,
    })
  }
}

function parse(document: Document, file: string, base: object): Config {
  const [error] = document.errors
  if (error) throw invalid(file, error.message)
  const result = configSchema.safeParse(laidOver(base, plainOf(document, file) ?? {}))
  if (result.success) return deepFreeze(result.data)
  const [issue] = result.error.issues
  const path = issue?.path.map(String) ?? []
  const node = document.getIn(path, true) ?? document.getIn(path.slice(0, -1), true)
  throw invalid(file, `${path.join('.') || 'the file'}: ${issue?.message}${lineOf(document, node)}`)
}

function plainOf(document: Document, file: string): unknown {
  try {
    return document.toJS()
  } catch (error) {
    throw invalid(file, `${textOf(error)}.`) // an alias without its anchor
  }
}

function check(document: Document, key: string, base: object): Config {
  const result = configSchema.safeParse(laidOver(base, document.toJS() ?? {}))
  if (result.success) return deepFreeze(result.data)
  throw new PosternError<ConfigErrorCode>(
    'CONFIG_INVALID_VALUE',
    `${key} cannot be set to that: ${result.error.issues[0]?.message}.`,
    {
      remedy: 'user',
      advice: key.startsWith('profiles.')
        ? 'Nothing was changed. See `postern profile set --help` for what it may be.'
        : 'Nothing was changed. See `postern config list` for what is there.',
    },
  )
}

/** What stands in the file, and what lies under it where it says nothing. */
function laidOver(base: unknown, own: unknown): unknown {
  if (own === undefined) return base
  if (!isRecord(base) || !isRecord(own)) return own
  const keys = [...new Set([...Object.keys(base), ...Object.keys(own)])]
  return Object.fromEntries(keys.map(key => [key, laidOver(base[key], own[key])]))
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function lineOf(document: Document, node: unknown): string {
  const range: unknown = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined
  const offset = Array.isArray(range) ? Number(range[0]) : undefined
  if (offset === undefined) return ''
  return ` (line ${document.toString().slice(0, offset).split('\n').length})`
}

// What is no scalar of YAML, or none at all (`*x` names an anchor), is the text itself.
function scalar(text: string): unknown {
  const { contents } = parseDocument(text)
  return isScalar(contents) && typeof contents.value !== 'object' ? contents.value : text
}

function* flatten(value: object, prefix: string): Generator<[string, unknown]> {
  for (const [name, inner] of Object.entries(value)) {
    if (typeof inner === 'object' && inner !== null) yield* flatten(inner, `${prefix}${name}.`)
    else if (inner !== undefined) yield [`${prefix}${name}`, inner]
  }
}

function isKnown(key: string): boolean {
  return KNOWN_KEYS.has(key)
}

const KNOWN_KEYS = new Set(keysOf(configSchema, '').filter(key => !/^(profiles|nextProfileNumber)(\.|$)/.test(key)))

function keysOf(schema: unknown, prefix: string): string[] {
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault || schema instanceof z.ZodOptional) {
    return keysOf(schema.unwrap(), prefix)
  }
  if (!(schema instanceof z.ZodObject)) return [prefix.slice(0, -1)]
  return Object.entries(schema.shape).flatMap(([name, inner]) => keysOf(inner, `${prefix}${name}.`))
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value)
    for (const inner of Object.values(value)) deepFreeze(inner)
  }
  return value
}

function unknownKey(key: string, known: readonly string[]): PosternError {
  const similar = known.find(name => name.includes(key) || name.split('.').at(-1) === key.split('.').at(-1))
  return new PosternError<ConfigErrorCode>('CONFIG_UNKNOWN_KEY', `There is no setting ${JSON.stringify(key)}.`, {
    remedy: 'user',
    advice: similar ? `Did you mean ${similar}?` : 'See `postern config list` for the settings.',
  })
}

function invalid(file: string, what: string): PosternError {
  return new PosternError<ConfigErrorCode>('CONFIG_INVALID', `${file} is not valid: ${what}`, {
    remedy: 'user',
    advice: 'Correct the file, or move it away to start with the defaults.',
  })
}

function unwritable(file: string, cause: unknown): PosternError {
  return new PosternError<ConfigErrorCode>('CONFIG_UNWRITABLE', `${file} cannot be written: ${textOf(cause)}`, {
    remedy: 'user',
    advice: 'Check the disk and the permissions; the old settings are still there.',
    cause,
  })
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
