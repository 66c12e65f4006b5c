import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { listSettings, settingText } from '../../src/config/setting-list.ts'

const README = resolve(import.meta.dirname, '../../README.md')
const [BEGIN, END] = ['<!-- settings -->', '<!-- /settings -->']

/** Writes the table of a profile's settings, as README.md has it. */
export function settingsTable(): string {
  const rows = listSettings().map(({ key, values, default: value, describe }) => {
    const text = value === undefined ? '' : `\`${settingText(value)}\``
    return `| \`${key}\` | ${values} | ${text} | ${describe} |`
  })
  return ['| setting | values | default | what it does |', '|---|---|---|---|', ...rows].join('\n')
}

/** Reads the table that README.md has now. */
export function tableOfReadme(): string {
  const text = readFileSync(README, 'utf8')
  return text.slice(text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)).trim()
}

// node test/support/settings-table.ts: puts the table into README.md.
if (import.meta.main) {
  const text = readFileSync(README, 'utf8')
  const [before, after] = [text.slice(0, text.indexOf(BEGIN) + BEGIN.length), text.slice(text.indexOf(END))]
  writeFileSync(README, `${before}\n${settingsTable()}\n${after}`)
}
