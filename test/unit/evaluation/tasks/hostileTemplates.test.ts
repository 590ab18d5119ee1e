/** Templates that would never end, fill the memory or the stack. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { render } from '../../../../src/evaluation/tasks/jinja/render.ts';
import { TemplateError } from '../../../../src/evaluation/tasks/jinja/templateError.ts';
import { toValue } from '../../../../src/evaluation/tasks/python/values.ts';
import { endsWell, type Outcome } from './hostile.ts';

const BIG = '{% set x = "a" * 4000000 %}';
const NESTED = '{% set a = [0] * 1000 %}{% set b = [a] * 1000 %}{% set c = [b] * 1000 %}';
const CHAIN = '{% set ns = namespace(x=[]) %}{% for i in range(1000) %}{% set ns.x = [ns.x] %}{% endfor %}';
const DIGITS = `${'1'.repeat(100_000)}x`;

const TEXT = /makes a text of more than 4000000 characters/;
const LIST = /makes a list of more than 100000 items/;
const STEPS = /takes more than 20000000 steps/;
const READ = /nested more than 100 deep/;
const RUN = /nested more than 250 deep/;

const CASES: Readonly<Record<string, readonly (readonly [template: string, Outcome])[]>> = {
  'does too much': [
    ['{% for i in range(90000) %}{% set x = ("a" * 999999) | length %}{% endfor %}', STEPS],
    ['{{ range(60000) | unique | length }}', STEPS],
    ['{% set r = range(90000) %}{% for i in r %}{% if 89999 in r %}{% endif %}{% endfor %}', STEPS],
    ['{{ (["a" * 1000000] * 200) | sort | length }}', STEPS],
    [`${BIG}{% for i in range(50) %}{% set y = x[-1:] %}{% endfor %}`, STEPS],
    [`${BIG}{% for i in range(50) %}{% set y = x[1000000] %}{% endfor %}`, STEPS],
    [`${BIG}{{ ([x[1:]] * 100000)[0].startswith((x[2:] ~ "b",) * 90000) }}`, STEPS],
    [`${BIG}{% set y = x[:3000000] %}{% for i in range(9) %}{{ y == x[:3000000] }}{% endfor %}`, STEPS],
    [`${NESTED}{{ c }}`, STEPS],
    [`${NESTED}{{ c | tojson }}`, STEPS],
    [`${NESTED}{% set d = [b] * 1000 %}{{ c == d }}`, STEPS],
    [`${NESTED}{% set d = [b] * 1000 %}{{ c < d }}`, STEPS],
    [`${BIG}{{ x | regex_replace("(?:a?){300}b", "") }}`, /cannot be used: it is too large for a text/],
    ['{{ ("a" * 20000) | regex_replace("a.*b|a", "") }}', /cannot be used: it takes more than a second/],
    ['{% for i in range(9000) %}{% set y = "" | regex_replace("x{900}" ~ i, "") %}{% endfor %}', STEPS],
  ],
  'makes too much': [
    ['{% set l = [0] * 10000000 %}', LIST],
    ['{% set l = [0] * 60000 %}{% set l = l + l %}', LIST],
    [`${BIG}{% set y = ${Array(60).fill('x').join(' ~ ')} %}`, TEXT],
    ['{{ "a".ljust(3999999, "x" * 1000) }}', /must be one character/],
    ['{{ "a".ljust(9999999) }}', TEXT],
    ['{{ "a".zfill(10 ** 15) }}', TEXT],
    [`${BIG}{{ ("{0}" * 100).format(x) }}`, TEXT],
    ['{{ ("a\\n" * 90000) | indent("x" * 10000) }}', TEXT],
    ['{{ ("a" * 9000) | regex_replace("a", "b" * 4000) }}', TEXT],
    ['{{ "a" | regex_replace("a", "b" * 1000000) }}', /replacement is longer than 4000/],
    [`${BIG}{{ ([x] * 100) | join }}`, TEXT],
    [`${BIG}{{ "".join([x] * 100) }}`, TEXT],
    [`${BIG}{{ ("aa" | join(x)) * 9 }}`, TEXT],
    ['{{ ("a" * 1000000) | replace("", "") }}', LIST],
    ['{{ ("a" * 1000000) | replace("a", "aa") }}', LIST],
    [`${BIG}{{ x | list }}`, LIST],
    ['{{ ("a " * 150000).split() }}', LIST],
    ['{{ ("a\\n" * 150000).splitlines() }}', LIST],
    ['{{ ("a," * 150000).split(",") }}', LIST],
  ],
  'is nested too deeply': [
    [`{{ ${'('.repeat(20_000)}1${')'.repeat(20_000)} }}`, READ],
    [`{{ ${'not '.repeat(20_000)}1 }}`, READ],
    [`{{ ${'-'.repeat(20_000)}1 }}`, READ],
    [`{{ ${'1 if 1 else '.repeat(8000)}1 }}`, READ],
    [`{{ ${'['.repeat(20_000)}1${']'.repeat(20_000)} }}`, READ],
    ['{% if 1 %}'.repeat(9000), READ],
    ['{% set x %}'.repeat(9000), READ],
    ['{% for x in y %}'.repeat(6000), READ],
    [`{{ 1${'+1'.repeat(30_000)} }}`, RUN],
    [`{{ 1${'|abs'.repeat(20_000)} }}`, RUN],
    [`{{ x${'.x'.repeat(20_000)} }}`, RUN],
    [`{{ "a" | map(${Array(10_000).fill('"map"').join()}) }}`, RUN],
    [`${CHAIN}{{ ns.x }}`, RUN],
    [`${CHAIN}{{ ns.x | tojson }}`, RUN],
    [`${CHAIN}{% set a = ns.x %}{% set ns.x = [] %}${CHAIN.slice(CHAIN.indexOf('{% for'))}{{ ns.x == a }}`, RUN],
  ],
  'is merely large, or strange': [
    [`{{ [\n${'1,\n'.repeat(33_000)}] | length }}`, 'succeeds'],
    [`{{ 1${'~1'.repeat(30_000)} }}`, 'succeeds'],
    ['{%raw%}'.repeat(14_000), /raw %\} is not closed/],
    ['{% for i in range(9000) %}{{ x }}{% endfor %}', /'x' is undefined/],
    [`{{ ${'x'.repeat(90_000)} }}`, /is undefined/],
    [`{{ 1 | ${'x'.repeat(90_000)} }}`, /is not supported/],
    ['{{ "a" | indent(-5) }}', 'succeeds'],
    ['{{ "a" * 20000 ~ "b" ~ "a" * 20000 in "a" * 3000000 }}', 'succeeds'],
    ['{{ ("a" * 300000).rfind("a" * 50000 ~ "b") }}', 'succeeds'],
    ['{{ ("a" * 300000).replace("a" * 50000 ~ "b" ~ "a" * 50000, "") | length }}', 'succeeds'],
    [`${BIG}{% for i in range(2000) %}{% set y = x[i] ~ x[-1] %}{% endfor %}`, 'succeeds'],
    [`${BIG}{{ x[:9] }}`, 'succeeds'],
    [`${BIG}{{ x }}`, 'succeeds'],
    ['{{ ("word " * 200000) | wordcount }}', 'succeeds'],
    ['{{ range(90000) | sort(reverse=true) | first }}', 'succeeds'],
  ],
};

describe('a template of a stranger', () => {
  for (const [what, cases] of Object.entries(CASES))
    for (const [template, outcome] of cases)
      it(`that ${what} ends well: ${template.slice(0, 100)}`, () =>
        endsWell(() => render(template, new Map()), outcome, TemplateError));

  for (const filter of ['int', 'float'])
    it(`reads a long number that is none: ${filter}`, () =>
      endsWell(() => render(`{{ v | ${filter} }}`, new Map([['v', DIGITS]])), 'succeeds', TemplateError));

  it('may do what a long document needs', () => {
    const page = toValue('The quick brown fox. '.repeat(20_000));
    const template = '{{ page.split(" ")[:3] | join("-") }} {{ page[1000:1010] }} {{ page | trim | length }}';
    assert.equal(render(template, new Map([['page', page]])), `The-quick-brown ${'The quick brown fox. '.repeat(60).slice(1000, 1010)} 419999`); // prettier-ignore
  });

  it('knows code points, wherever it takes a text apart', () => {
    const variables = new Map([['t', '😀b😀']]);
    for (const [template, rendered] of [
      ['{{ t[0] }}{{ t[-1] }}{{ t[1] }}', '😀😀b'],
      ['{{ t[1:] }}|{{ t[:-1] }}|{{ t[::-1] }}|{{ t[5:2] }}', 'b😀|😀b|😀b😀|'],
      ['{{ t.strip("😀") }}|{{ t.lstrip("😀") }}|{{ t.rstrip("b😀") }}', 'b|b😀|'],
      ['{{ t | list }}', "['😀', 'b', '😀']"],
      ['{{ t.rfind("😀") }}{{ t.find("b") }}', '21'],
      ['{{ ["\\uffff", "😀", "a"] | sort | join }}', 'a\uffff😀'],
      ['{{ ["😁", "😀"] | sort | join }}', '😀😁'],
    ] as const)
      assert.equal(render(template, variables), rendered, template);
  });
});
