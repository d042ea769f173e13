#ifndef CONTROL_MIRROR_CTL_RIB_TABLE_H
#define CONTROL_MIRROR_CTL_RIB_TABLE_H

/*
 * The routing tables of the rib: those that routes or rules name; only ctl_rib_tables.h includes
 * this.
 *
 * Local and main are always there. Nearly always a lookup in local and then in main finds what a
 * lookup in both as one would find; then the main table of the data path has the entries of local as
 * well (merged), and needs no rules.
 */

#include "control/mirror/ctl_hash.h"
#include "control/mirror/ctl_trie.h"
#include "dataplane/dp_table.h"

#include <stdint.h>

#define CTL_RIB_TABLES_MAX 1024U

/* A table of the kernel. */
struct ctl_rib_table {
	struct ctl_hash_node node; /* by id */
	uint32_t id;
	uint32_t number;	   /* place among the tables; routes have it in their leaf */
	unsigned n_users;	   /* rules that lead here, and calls on their way through it */
	struct dp_table *dp;	   /* the main one's is the routing's */
	struct ctl_trie routes[2]; /* by prefix: the first route of each; IPv4, IPv6 */
	uint64_t n_written[2];	   /* entries of the data path */
	uint64_t n_wide[2];	   /* prefixes that have more than one address on any wire */
};

struct ctl_rib;

/* @return 0 or -ENOMEM */
int ctl_rib_table_init(struct ctl_rib *rib);
/* All tables; none has a route any more. */
void ctl_rib_table_clear(struct ctl_rib *rib);
/* NULL without. */
struct ctl_rib_table *ctl_rib_table_find(const struct ctl_rib *rib, uint32_t id);
/* NULL without memory, or when there are too many. */
struct ctl_rib_table *ctl_rib_table_get(struct ctl_rib *rib, uint32_t id);
bool ctl_rib_table_is_full(const struct ctl_rib *rib);
/* Frees a table that nothing names. */
void ctl_rib_table_put(struct ctl_rib *rib, struct ctl_rib_table *table);
/* The first table whose id is an id or above, NULL without. */
struct ctl_rib_table *ctl_rib_table_from(const struct ctl_rib *rib, uint64_t id);

static inline struct ctl_trie *ctl_rib_table_routes(struct ctl_rib_table *table, uint8_t family)
{
	return &table->routes[family == AF_INET6];
}

/* As ctl_trie_insert() and ctl_trie_remove(). */
int ctl_rib_table_insert(struct ctl_rib_table *table, uint32_t route, const struct ctl_addr *prefix,
			 uint8_t depth);
void ctl_rib_table_remove(struct ctl_rib_table *table, uint32_t route,
			  const struct ctl_addr *prefix, uint8_t depth);

#endif
