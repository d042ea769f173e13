#ifndef CONTROL_MIRROR_CTL_RIB_FAMILY_H
#define CONTROL_MIRROR_CTL_RIB_FAMILY_H

/* What the rib holds of each family on its own; only ctl_rib_tables.h includes this. */

#include "control/mirror/ctl_pool.h"
#include "control/mirror/ctl_trie.h"

#include <stdint.h>

/*
 * Numbers of routes. Lists of routes are of one family but for those over one nexthop object: the
 * number tells which.
 */
#define CTL_RIB_IPV6_NUMBERS (1U << 26) /* from here on IPv6 */

/*
 * One route of the kernel. There may be a million of them: they are named by their number in the
 * pool of routes, and every byte counts. The most preferred one of its prefix is in the trie.
 */
struct ctl_rib_route {
	struct ctl_trie_leaf leaf; /* value, of the first one: index written to the FIB */
	uint32_t next;		   /* same prefix, less preferred; 0 ends it */
	uint32_t set;		   /* number */
	uint32_t by_set_next;	   /* 0 ends it */
	uint32_t by_set_prev;
	uint32_t source; /* number, 0 without */
	uint32_t metric;
	uint8_t type;
	uint8_t protocol;
	uint8_t scope;
	uint8_t tos;  /* as in struct ctl_nl_route */
	uint16_t gen; /* low bits of the rib's when the synchronisation has shown it */
	uint8_t table;
	uint8_t audit;
	uint8_t key[]; /* address, as long as the family has it */
};

/* The neighbours of one address. */
struct ctl_rib_host {
	struct ctl_trie_leaf leaf; /* value: index written to the FIB */
	struct ctl_rib_neigh *neighs;
	uint8_t key[];
};

/* The prefixes of one family. */
struct ctl_rib_family {
	struct ctl_pool route_pool;
	struct ctl_pool host_pool;
	struct ctl_trie routes;
	struct ctl_trie hosts;
	uint64_t n_written; /* entries of the FIB */
};

#endif
