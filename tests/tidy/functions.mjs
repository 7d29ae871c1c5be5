// Finds functions in clang-formatted C++ by matching braces, and how many lines each has.

const kNotAFunction = /^(namespace|extern|class|struct|union|enum)\b/;
const kControl = /^(if|else|for|while|switch|do|try|catch|return|case|default)\b/;

// What kind of block does a `{` open, told by the code since the last `;`, `{` or `}`?
function kindOf(head) {
  const text = head
    .replace(/\[\[[^\]]*\]\]/g, ' ')
    .replace(/^\s*#.*$/gm, ' ')
    .replace(/\b(public|private|protected)\s*:/g, ' ')
    .replace(/^\s*template\s*<[^{;]*?>\s*(?=\w)/, '')
    .replace(/^\s*(inline|typedef|static|constexpr|const)\s+/, '')
    .trim();
  if (kNotAFunction.test(text) && !/\)\s*(const|noexcept|override)?$/.test(text)) return 'scope';
  if (kControl.test(text) || /=$/.test(text)) return 'block';
  return text.includes('(') ? 'function' : 'block';
}

// [{name, line, lines}] of every function that is not inside another one. `code`: see codeOnly().
export function findFunctions(code) {
  const found = [];
  const stack = [];
  let head = '';
  let headLine = 1;
  let line = 1;
  let parens = 0;
  let before = ' ';
  for (const c of code) {
    if (c === '\n') line += 1;
    if (c === '(') parens += 1;
    if (c === ')') parens -= 1;
    if (c === '{') {
      // A brace without a space before it, or inside parentheses, is a value: the head goes on after it.
      const value = parens > 0 || before.trim() !== '';
      const inside = stack.some((block) => block.kind === 'function');
      const kind = value || inside ? 'block' : kindOf(head);
      stack.push({ kind, line: headLine, parens, head: value ? head : '', name: nameOf(head) });
      parens = 0;
      head = '';
      headLine = line;
    } else if (c === '}') {
      const block = stack.pop();
      if (block?.kind === 'function') {
        found.push({ name: block.name, line: block.line, lines: line - block.line + 1 });
      }
      parens = block?.parens ?? 0;
      head = block?.head ?? '';
      headLine = head === '' ? line : block.line;
    } else if (c === ';' && parens === 0) {
      head = '';
      headLine = line;
    } else {
      if (head.trim() === '' && c.trim() !== '') headLine = line;
      head += c;
    }
    before = c;
  }
  return found;
}

function nameOf(head) {
  const names = [...head.matchAll(/([\w:~]+|operator\S+?)\s*\(/g)].map((match) => match[1]);
  return names[0] ?? 'a function';
}
