import t from 'tap'
import { parseGnomeProxy } from '../../../src/daemon/network/gnome-proxy.ts'
import { parseMacProxy } from '../../../src/daemon/network/mac-proxy.ts'
import { readSystemProxy } from '../../../src/daemon/network/read-system-proxy.ts'
import { NO_SYSTEM_PROXY } from '../../../src/daemon/network/system-proxy.ts'
import { parseWindowsProxy } from '../../../src/daemon/network/windows-proxy.ts'

// Written after the documentation of the three programs: none of these desktops runs here.

t.test('GNOME', async t => {
  const manual = `org.gnome.system.proxy autoconfig-url ''
org.gnome.system.proxy ignore-hosts ['localhost', '127.0.0.0/8', '*.example.org']
org.gnome.system.proxy mode 'manual'
org.gnome.system.proxy use-same-proxy true
org.gnome.system.proxy.http host 'web.example'
org.gnome.system.proxy.http port 8080
org.gnome.system.proxy.https host 'Proxy.Example'
org.gnome.system.proxy.https port 3128
org.gnome.system.proxy.socks host ''
org.gnome.system.proxy.socks port 0
`
  t.same(parseGnomeProxy(manual), {
    http: { host: 'proxy.example', port: 3128 },
    socks: undefined,
    bypass: 'localhost 127.0.0.0/8 *.example.org',
    script: undefined,
  })
  t.match(parseGnomeProxy(manual.replace("'Proxy.Example'", "''")), { http: { host: 'web.example', port: 8080 } })
  const socks = manual.replace("socks host ''", "socks host 's'").replace('socks port 0', 'socks port 1080')
  t.match(parseGnomeProxy(socks), { socks: { host: 's', port: 1080 } })
  t.same(parseGnomeProxy(manual.replace("mode 'manual'", "mode 'none'")), NO_SYSTEM_PROXY)
  t.match(parseGnomeProxy(manual.replace("mode 'manual'", "mode 'auto'")), { http: undefined, script: 'found by WPAD' })
})

t.test('Windows', async t => {
  const settings = (lines: string) =>
    `\r\nHKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\r\n${lines}`
  const line = (name: string, type: string, value: string) => `    ${name}    ${type}    ${value}\r\n`
  const on = line('ProxyEnable', 'REG_DWORD', '0x1')
  const server = (text: string) => line('ProxyServer', 'REG_SZ', text)
  const bypass = line('ProxyOverride', 'REG_SZ', '*.example.org;10.*;<local>')
  t.same(parseWindowsProxy(settings(on + server('proxy.example:8080') + bypass)), {
    http: { host: 'proxy.example', port: 8080 },
    socks: undefined,
    bypass: '*.example.org;10.*;<local>',
    script: undefined,
  })
  t.match(parseWindowsProxy(settings(on + server('http=a:1;https=b:2;socks=c:3'))), {
    http: { host: 'b', port: 2 },
    socks: { host: 'c', port: 3 },
  })
  t.match(parseWindowsProxy(settings(on + server('http://[2001:db8::1]:8080'))), { http: { host: '2001:db8::1' } })
  t.same(parseWindowsProxy(settings(line('ProxyEnable', 'REG_DWORD', '0x0') + server('a:1'))), NO_SYSTEM_PROXY)
  t.match(parseWindowsProxy(settings(line('AutoConfigURL', 'REG_SZ', 'http://wpad/x.dat'))), { script: /wpad/ })
})

t.test('macOS', async t => {
  const output = `<dictionary> {
  ExceptionsList : <array> {
    0 : *.local
    1 : 169.254/16
  }
  ExcludeSimpleHostnames : 1
  HTTPEnable : 0
  HTTPSEnable : 1
  HTTPSPort : 8080
  HTTPSProxy : proxy.example
  ProxyAutoConfigEnable : 0
  ProxyAutoConfigURLString : http://wpad/x.dat
  SOCKSEnable : 1
  SOCKSPort : 1080
  SOCKSProxy : s.example
}
`
  t.same(parseMacProxy(output), {
    http: { host: 'proxy.example', port: 8080 },
    socks: { host: 's.example', port: 1080 },
    bypass: '*.local 169.254/16 <local>',
    script: undefined,
  })
  t.match(parseMacProxy(output.replace('ConfigEnable : 0', 'ConfigEnable : 1')), { script: 'http://wpad/x.dat' })
})

t.test('what is no such output names no proxy', async t => {
  for (const output of [
    '',
    '\0\xff',
    'ERROR: The system was unable to find the specified registry key',
    'x '.repeat(9999),
  ]) {
    for (const parse of [parseGnomeProxy, parseWindowsProxy, parseMacProxy]) {
      t.match(parse(output), { http: undefined, socks: undefined })
    }
  }
  t.same(await readSystemProxy('aix'), NO_SYSTEM_PROXY)
  t.same(await readSystemProxy('win32'), NO_SYSTEM_PROXY, 'a desktop that is not this one')
})
