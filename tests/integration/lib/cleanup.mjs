// What a test started ends with it, the last first, whatever fails on the way.
import { after } from 'node:test';

/** Stands for the whole file where a test context is asked for. */
export const wholeFile = { after };

const stacks = new WeakMap();

export function cleanup(context, action) {
  if (!context) return;
  if (!stacks.has(context)) {
    stacks.set(context, []);
    context.after(() => unwind(stacks.get(context)));
  }
  stacks.get(context).push(action);
}

async function unwind(stack) {
  const errors = [];
  while (stack.length > 0) {
    try {
      await stack.pop()();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1)
    throw new AggregateError(errors, errors.map((error) => error.message).join('\n'));
}
