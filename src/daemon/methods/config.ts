import { z } from 'zod'
import { pinoLevel } from '../../log/logger.ts'
import type { Installation } from '../installation.ts'
import { valueMethod } from '../method.ts'

const AT_START: ReadonlySet<string> = new Set(['log.dir', 'secrets.store']) // a running daemon has its files open
const LOG_LEVEL = z.enum(['errors', 'debug'])

/** `config …` and `log …`. */
export const CONFIG_METHODS = {
  'config.list': valueMethod(z.strictObject({}), async (_params, { installation }) => installation.config.list()),
  'config.get': valueMethod(z.strictObject({ key: z.string() }), async ({ key }, { installation }) => ({
    key,
    value: installation.config.get(key),
  })),
  'config.set': valueMethod(z.strictObject({ key: z.string(), value: z.string() }), async (params, context) => {
    const { installation, daemon } = context
    const value = await installation.config.set(params.key, params.value)
    applyLogLevel(installation)
    await daemon?.applySettings(params.key)
    const isLater = daemon !== undefined && AT_START.has(params.key)
    return { key: params.key, value, ...(isLater ? { from: 'restart' } : {}) }
  }),
  'log.level': valueMethod(z.strictObject({ level: LOG_LEVEL.optional() }), async ({ level }, { installation }) => {
    if (level) await installation.config.set('log.level', level)
    return { level: applyLogLevel(installation) }
  }),
  'log.dir': valueMethod(z.strictObject({}), async (_params, { installation }) => ({ dir: installation.logsDir })),
}

function applyLogLevel({ config, engine, log }: Installation) {
  const { level } = config.config.log
  log.level = pinoLevel(level)
  engine.setLogLevel(level)
  return level
}
