/* Is it prime? For the demo data: 64-bit numbers by arithmetic of our own, larger ones by GMP.
 * Sources: Miller-Rabin with the seven bases of Sinclair (proven below 2^64); Pocklington's and
 * Proth's theorems; Baillie-PSW as mpz_probab_prime_p does it. */
#ifndef CLI_PRIME_H
#define CLI_PRIME_H

#include <gmp.h>
#include <stdbool.h>
#include <stdint.h>

/* Divisible by a prime from 3 to 53. For n above 53 that means composite: the cheap question
 * before a dear one. */
bool prime_has_small_factor(uint64_t n);

bool prime_u64(uint64_t n); /* a proof: no composite passes */

/* The larger ones must be above 53, which is where trial division ends. */

/* A proof for n = k * q^e + 1 with q prime and q^e > k. False: n is composite, or (never seen)
 * no small witness shows it. */
bool prime_by_pocklington(const mpz_t n, unsigned long q);

bool prime_probably(const mpz_t n); /* no composite that passes is known */

int prime_digits(const mpz_t n); /* decimal */

#endif
