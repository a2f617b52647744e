// Primes that are found while somebody looks. Who is signed in may read the table: each is told once,
// also those of a time in which the feed was away. Others get what the server tells everybody, and
// nothing of that time.

const FOLLOWED = { table: 'primes', event: 'INSERT', select: ['id', 'form', 'expression', 'digits', 'found_at'] };

/**
 * onFind({ id?, form, expression, digits, found_at }), in the order in which they were committed.
 * onMissed(): some may have been found of which nothing is told; what is shown is to be asked for anew.
 */
export function followFinds({ live, session, signal }, { onFind, onMissed }) {
  live.on('gap', onMissed, { signal });
  if (session.known) return live.follow(FOLLOWED, ({ record }) => onFind(record), { signal });
  live.on('prime_found', ({ prime: { timestamp_ms: at, ...prime } }) => onFind({ ...prime, found_at: at }), { signal });
  let broken = false;
  live.on('state', (state) => {
    if (state === 'open' && broken) onMissed();
    broken = state === 'offline' || (broken && state !== 'open');
  }, { signal });
}
