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
 * pool of routes, and every byte counts. The most preferred one of its prefix is in the table's trie.
 */
struct ctl_rib_route {
	struct ctl_trie_leaf leaf; /* value: number of its table */
	uint32_t next;		   /* same table and prefix, less preferred; 0 ends it */
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
	uint8_t audit;
	uint8_t key[]; /* address, as long as the family has it */
};

/* The neighbours of one address. */
struct ctl_rib_host {
	struct ctl_trie_leaf leaf;
	struct ctl_rib_neigh *neighs;
	uint8_t key[];
};

/* What all tables share of one family. */
struct ctl_rib_family {
	struct ctl_pool route_pool;
	struct ctl_pool host_pool;
	struct ctl_trie hosts;
	bool merged; /* the data path's main table has the entries of local as well */
};

#endif
