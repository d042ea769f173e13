#include "control/mirror/ctl_rib_tables.h"

#include <errno.h>
#include <stdlib.h>

#include <linux/rtnetlink.h>

static uint32_t table_hash(uint32_t id)
{
	return ctl_hash_bytes(0, &id, sizeof(id));
}

static bool table_equal(const struct ctl_hash_node *node, const void *key)
{
	return CTL_CONTAINER(node, const struct ctl_rib_table, node)->id == *(const uint32_t *)key;
}

struct ctl_rib_table *ctl_rib_table_find(const struct ctl_rib *rib, uint32_t id)
{
	struct ctl_hash_node *node = ctl_hash_find(&rib->table_ids, table_hash(id), table_equal,
						   &id);

	return node ? CTL_CONTAINER(node, struct ctl_rib_table, node) : NULL;
}

static bool number_take(const struct ctl_rib *rib, uint32_t *number)
{
	for (*number = 0; *number < CTL_RIB_TABLES_MAX; ++*number) {
		if (!rib->tables[*number])
			return true;
	}
	return false;
}

bool ctl_rib_table_is_full(const struct ctl_rib *rib)
{
	uint32_t number;

	return !number_take(rib, &number);
}

static struct ctl_rib_table *table_create(struct ctl_rib *rib, uint32_t id, struct dp_table *dp)
{
	struct ctl_rib_table *table;
	uint32_t number;

	if (!dp || !number_take(rib, &number))
		return NULL;
	table = calloc(1, sizeof(*table));
	if (!table)
		return NULL;
	table->id = id;
	table->number = number;
	table->dp = dp;
	for (unsigned i = 0; i < 2; i++)
		ctl_trie_init(&table->routes[i], &rib->families[i].route_pool,
			      i == 0 ? AF_INET : AF_INET6, offsetof(struct ctl_rib_route, key));
	rib->tables[number] = table;
	ctl_hash_insert(&rib->table_ids, &table->node, table_hash(id));
	return table;
}

struct ctl_rib_table *ctl_rib_table_get(struct ctl_rib *rib, uint32_t id)
{
	struct ctl_rib_table *table = ctl_rib_table_find(rib, id);
	struct dp_table *dp;

	if (table)
		return table;
	dp = dp_table_create(rib->params.routing);
	table = table_create(rib, id, dp);
	if (!table)
		dp_table_destroy(dp);
	return table;
}

static void table_destroy(struct ctl_rib *rib, struct ctl_rib_table *table)
{
	rib->tables[table->number] = NULL;
	ctl_hash_remove(&rib->table_ids, &table->node);
	for (unsigned i = 0; i < 2; i++)
		ctl_trie_fini(&table->routes[i]);
	if (table != rib->main)
		dp_table_destroy(table->dp);
	free(table);
}

void ctl_rib_table_put(struct ctl_rib *rib, struct ctl_rib_table *table)
{
	if (table != rib->local && table != rib->main && table->n_users == 0 &&
	    table->routes[0].n_prefixes == 0 && table->routes[1].n_prefixes == 0)
		table_destroy(rib, table);
}

struct ctl_rib_table *ctl_rib_table_from(const struct ctl_rib *rib, uint64_t id)
{
	struct ctl_rib_table *best = NULL;

	for (unsigned i = 0; i < CTL_RIB_TABLES_MAX; i++) {
		struct ctl_rib_table *table = rib->tables[i];

		if (table && table->id >= id && (!best || table->id < best->id))
			best = table;
	}
	return best;
}

int ctl_rib_table_init(struct ctl_rib *rib)
{
	rib->main = table_create(rib, RT_TABLE_MAIN, dp_table_main(rib->params.routing));
	rib->local = ctl_rib_table_get(rib, RT_TABLE_LOCAL);
	return rib->main && rib->local ? 0 : -ENOMEM;
}

void ctl_rib_table_clear(struct ctl_rib *rib)
{
	for (unsigned i = 0; i < CTL_RIB_TABLES_MAX; i++) {
		if (rib->tables[i])
			table_destroy(rib, rib->tables[i]);
	}
}

/* No packet to 127.0.0.0/8 ever comes to a lookup. */
static bool is_wide(const struct ctl_addr *prefix, uint8_t depth)
{
	return depth < ctl_addr_bits(prefix->family) &&
	       !(prefix->family == AF_INET && depth >= 8 && prefix->bytes[0] == 127);
}

int ctl_rib_table_insert(struct ctl_rib_table *table, uint32_t route, const struct ctl_addr *prefix,
			 uint8_t depth)
{
	int rc = ctl_trie_insert(ctl_rib_table_routes(table, prefix->family), route, prefix, depth);

	if (rc == 0)
		table->n_wide[prefix->family == AF_INET6] += is_wide(prefix, depth);
	return rc;
}

void ctl_rib_table_remove(struct ctl_rib_table *table, uint32_t route,
			  const struct ctl_addr *prefix, uint8_t depth)
{
	ctl_trie_remove(ctl_rib_table_routes(table, prefix->family), route);
	table->n_wide[prefix->family == AF_INET6] -= is_wide(prefix, depth);
}
