/** A text in which variables stand, and what has come of it. */
export interface ResolvedText {
  readonly text: string;
  /** The names that stand in it, whether or not they are set. */
  readonly variables: readonly string[];
  /** Whether one variable is all of it: then it may stand for a number, `true`, `false` or a list. */
  readonly isWhole: boolean;
  /** What is wrong with it. */
  readonly problems: readonly string[];
}

/** Where variables are looked up. */
export type Env = Readonly<Record<string, string | undefined>>;

// An escaped `$${`, `${NAME}` or `${NAME:-default}`, or a `${` that is neither.
const VARIABLE = /\$\$\{|\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}|\$\{/g;
const WHOLE = /^\$\{[A-Za-z_]\w*(?::-[^}]*)?\}$/;

/** Puts variables in their places. What a variable says is taken as it is: a `${` in it stands for itself. */
export function resolvedText(given: string, env: Env | undefined): ResolvedText {
  const variables: string[] = [];
  const problems: string[] = [];
  const text = given.replace(VARIABLE, (found: string, name?: string, fallback?: string) => {
    if (found === '$${') return '${';
    if (name === undefined) {
      problems.push(
        'has a ${ that is neither ${NAME} nor ${NAME:-default}; for the characters themselves write $${',
      );
      return found;
    }
    variables.push(name);
    const value = env && valueOf(env, name);
    if (value === undefined && fallback === undefined)
      problems.push(
        env === undefined
          ? `names the variable ${name}, and no env was given: servicesFrom(json, { env: process.env })`
          : `names the variable ${name}, which is not set`,
      );
    return value ?? fallback ?? '';
  });
  return { text, variables, isWhole: WHOLE.test(given), problems };
}

/** What a variable says. An empty one is not set: it is what a template leaves behind where nothing was filled in. */
export function valueOf(env: Env, name: string): string | undefined {
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  return value === '' ? undefined : value;
}
