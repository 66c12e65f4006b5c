import { endpointOf, type SystemProxy } from './system-proxy.ts'

/** Reads what `scutil --proxy` prints on macOS: `name : value` on each line, lists with numbers for names. */
export function parseMacProxy(output: string): SystemProxy {
  const values = new Map<string, string>()
  const bypass: string[] = []
  for (const line of output.split('\n')) {
    const [, name = '', value = ''] = /^\s+(\w+) : (.*)$/.exec(line) ?? []
    if (/^\d+$/.test(name))
      bypass.push(value.trim()) // ExceptionsList is the one list
    else values.set(name, value.trim())
  }
  const endpoint = (kind: string) =>
    values.get(`${kind}Enable`) === '1' ? endpointOf(values.get(`${kind}Proxy`), values.get(`${kind}Port`)) : undefined
  if (values.get('ExcludeSimpleHostnames') === '1') bypass.push('<local>')
  return {
    http: endpoint('HTTPS') ?? endpoint('HTTP'),
    socks: endpoint('SOCKS'),
    bypass: bypass.join(' '),
    script: values.get('ProxyAutoConfigEnable') === '1' ? values.get('ProxyAutoConfigURLString') : undefined,
  }
}
