import t from 'tap'
import { PLAIN_TEXT, parseContentType, parsePartFields } from '../../../src/formats/mail/structure/part-fields.ts'

const fieldsOf = (header: string) => parsePartFields(Buffer.from(header, 'latin1'), PLAIN_TEXT)
const parametersOf = (text: string) => parseContentType(`application/x${text}`)?.parameters

t.test('a part without MIME fields is a text in US-ASCII', async t => {
  t.same(fieldsOf(''), { type: 'text', subtype: 'plain', parameters: [['charset', 'us-ascii']], encoding: '7bit' })
  t.match(fieldsOf('Content-Type: TEXT/Html; Format=Flowed\r\n'), {
    type: 'text',
    subtype: 'html',
    parameters: [
      ['format', 'Flowed'],
      ['charset', 'us-ascii'],
    ],
  })
})

t.test('all MIME fields are read, the first of each name', async t => {
  t.same(
    fieldsOf(
      'Content-type : image/png\r\nContent-Transfer-Encoding: BASE64 (really)\r\nContent-ID: <a@b>\r\n' +
        'Content-Description: =?utf-8?Q?x?=\r\n y\r\nContent-MD5: abc=\r\nContent-Disposition: INLINE; Filename="a b.png"\r\n' +
        'Content-Language: de, (and) en-GB\r\nContent-Location: a.png\r\nContent-Type: text/plain\r\nContent-ID: <c@d>\r\n',
    ),
    {
      type: 'image',
      subtype: 'png',
      parameters: [],
      encoding: 'base64',
      id: '<a@b>',
      description: '=?utf-8?Q?x?= y',
      md5: 'abc=',
      disposition: { type: 'inline', parameters: [['filename', 'a b.png']] },
      languages: ['de', 'en-GB'],
      location: 'a.png',
    },
  )
})

const PARAMETERS: Readonly<Record<string, ReturnType<typeof parametersOf>>> = {
  '': [],
  ';': [],
  '; a=b; c="d;e"': [
    ['a', 'b'],
    ['c', 'd;e'],
  ],
  ' ; A = b (comment) ; (another) c=d': [
    ['a', 'b'],
    ['c', 'd'],
  ],
  '; a="b\\"c\\\\"': [['a', 'b"c\\']],
  '; name=My File (1).pdf': [['name', 'My File (1).pdf']],
  '; name=a b.pdf; x=y z': [
    ['name', 'a b.pdf'],
    ['x', 'y'],
  ],
  '; name="=?utf-8?Q?=C3=BC?="': [['name', '=?utf-8?Q?=C3=BC?=']],
  '; name==?utf-8?Q?a;_(b)?=; x=y': [
    ['name', '=?utf-8?Q?a;_(b)?='],
    ['x', 'y'],
  ],
  "; filename*=utf-8'en'a%20b": [['filename*', "utf-8'en'a%20b"]],
  '; name*0=a; name*1="b c"; x=y': [
    ['name', 'ab c'],
    ['x', 'y'],
  ],
  '; name*1=b; name*0=a': [['name', 'ab']],
  "; name*0*=utf-8''%C3; name*1*=%BC; name*2=\"'x y\"": [['name*', "utf-8''%C3%BC%27x%20y"]],
  '; name*0=a; name*1*=%20': [['name*', "''a%20"]],
  '; name*0=a; name*2=c': [['name', 'a']],
  '; name*1=b': [['name*1', 'b']],
  '; a; b=; c': [['b', '']],
  '; a="b': [['a', 'b']],
  '; a="b"c; d=e': [
    ['a', 'b'],
    ['d', 'e'],
  ],
  '; a=\xfc': [['a', '\xfc']],
}

for (const [text, expected] of Object.entries(PARAMETERS)) {
  t.test(`parameters are read: ${text}`, async t => t.strictSame(parametersOf(text), expected))
}
