/* Addresses of clients: ranges in CIDR notation, and whose request it is behind proxies that are
 * trusted by name. Rate limits, allow-lists, the audit and the log all use what comes out here.
 * Source: RFC 4632 3.1, RFC 4291 2.3; X-Forwarded-For as proxies write it (each appends). */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include "base/arena.h"

enum { ADDRESS_BYTES = 16, ADDRESS_TEXT_MAX = 46 /* INET6_ADDRSTRLEN */ };

/* One address, or all whose first bits are the same. IPv4 is a family of its own, also where it is
 * written as ::ffff:192.0.2.1. */
struct address_range {
    unsigned char bytes[ADDRESS_BYTES];
    bool is_v4;
    int bits; /* of the prefix; all of them: one address */
};

/* "192.0.2.0/24", "2001:db8::/32", "127.0.0.1". Bits behind the prefix are overlooked. */
bool address_range_parse(str text, struct address_range *range);

/* Is the address in one of the ranges of the comma list? "unix" stands for a client of the unix
 * socket, who has no address (an empty text). What is no range is passed over. */
bool address_in_list(str address, str list);

/* Who has sent a request that came from `peer` (empty: over the unix socket). Trusted proxies are
 * the comma list; forwarded is X-Forwarded-For, several headers joined by commas in their order.
 * Only what a trusted proxy has appended counts: read from the right, the first address that is
 * not a trusted proxy's. Where a hop is no address the proxy before it is the client. The text is
 * `peer` itself or in mem, as inet_ntop writes it, without a port. */
str address_of_client(arena *mem, str peer, str forwarded, str trusted);

#endif
