/*
 * What the kernel does to its routes without telling, done to ours (fib_sync_down_dev(),
 * fib_sync_down_addr() and fib_sync_up() of the kernel, which decide by path: a route goes when its
 * last path is dead, and what survives gets its path back when the link comes up).
 *
 * Of IPv6 it tells that routes go, but not that paths of those that stay are dead
 * (fib6_ifdown()); when a link itself goes, only its own paths do.
 *
 * Routes over nexthop objects are not touched here: they live and die with the object.
 */

#include "control/mirror/ctl_rib_tables.h"

static void set_purge(struct ctl_rib *rib, struct ctl_rib_set *set, int ifindex,
		      enum ctl_rib_purge why)
{
	bool changed = false;
	bool leads_there = false;
	unsigned n_dead = 0;

	if ((set->host_scope && why == CTL_RIB_LINK_DOWN) ||
	    (set->family == AF_INET6 && why == CTL_RIB_LINK_BARE))
		return;
	for (unsigned i = 0; i < set->n_paths; i++) {
		struct ctl_rib_path *path = &set->paths[i];

		if (path->ifindex == ifindex) {
			leads_there = true;
			changed |= !path->dead;
			path->dead = true;
		}
		n_dead += path->dead;
	}
	if (!leads_there)
		return;
	if (n_dead == set->n_paths || (why == CTL_RIB_LINK_GONE && set->family == AF_INET)) {
		rib->purges += set->n_routes;
		ctl_rib_set_doom(rib, set);
	} else if (changed) {
		ctl_rib_set_rekey(rib, set);
	}
}

void ctl_rib_purge_link(struct ctl_rib *rib, int ifindex, enum ctl_rib_purge why)
{
	struct ctl_rib_set *set = LIST_FIRST(&rib->all_sets);

	while (set) {
		struct ctl_rib_set *next = LIST_NEXT(set, all);

		if (!set->nexthop)
			set_purge(rib, set, ifindex, why);
		set = next;
	}
}

static void set_revive(struct ctl_rib *rib, struct ctl_rib_set *set, int ifindex)
{
	bool revived = false;

	for (unsigned i = 0; i < set->n_paths; i++) {
		if (set->paths[i].ifindex == ifindex && set->paths[i].dead) {
			set->paths[i].dead = false;
			revived = true;
		}
	}
	if (revived)
		ctl_rib_set_rekey(rib, set);
}

void ctl_rib_revive_link(struct ctl_rib *rib, int ifindex, uint8_t family)
{
	struct ctl_rib_set *set = LIST_FIRST(&rib->all_sets);

	while (set) {
		struct ctl_rib_set *next = LIST_NEXT(set, all);

		if (!set->nexthop && set->family == family)
			set_revive(rib, set, ifindex);
		set = next;
	}
}

static bool set_has_dead(const struct ctl_rib_set *set, int ifindex)
{
	for (unsigned i = 0; i < set->n_paths; i++) {
		if (set->paths[i].ifindex == ifindex && set->paths[i].dead)
			return true;
	}
	return false;
}

bool ctl_rib_link_has_dead(const struct ctl_rib *rib, int ifindex, uint8_t family)
{
	const struct ctl_rib_set *set;

	LIST_FOREACH(set, &rib->all_sets, all) {
		if (set->family == family && set_has_dead(set, ifindex))
			return true;
	}
	return false;
}

static bool source_equal(const struct ctl_hash_node *node, const void *key)
{
	return ctl_addr_equal(&CTL_CONTAINER(node, const struct ctl_rib_source, node)->addr, key);
}

static struct ctl_rib_source *source_at(const struct ctl_rib *rib, uint32_t number)
{
	return ctl_pool_at(&rib->source_pool, number);
}

static struct ctl_rib_source *source_find(const struct ctl_rib *rib, const struct ctl_addr *addr)
{
	uint32_t hash = ctl_hash_bytes(0, addr->bytes, sizeof(addr->bytes));
	struct ctl_hash_node *node = ctl_hash_find(&rib->sources, hash, source_equal, addr);

	return node ? CTL_CONTAINER(node, struct ctl_rib_source, node) : NULL;
}

void ctl_rib_purge_source(struct ctl_rib *rib, const struct ctl_addr *addr)
{
	struct ctl_rib_source *source = source_find(rib, addr);

	if (!source)
		return;
	ctl_hash_remove(&rib->sources, &source->node);
	source->detached = true;
	source->doomed = true;
	LIST_INSERT_HEAD(&rib->doomed_sources, source, list);
	rib->purge_at = 0;
}

static struct ctl_rib_source *source_create(struct ctl_rib *rib, const struct ctl_addr *addr)
{
	uint32_t number = ctl_pool_alloc(&rib->source_pool);
	struct ctl_rib_source *source;

	if (!number)
		return NULL;
	source = source_at(rib, number);
	source->number = number;
	source->addr = *addr;
	ctl_hash_insert(&rib->sources, &source->node,
			ctl_hash_bytes(0, addr->bytes, sizeof(addr->bytes)));
	return source;
}

struct ctl_rib_source *ctl_rib_source_get(struct ctl_rib *rib, const struct ctl_addr *addr)
{
	struct ctl_rib_source *source = source_find(rib, addr);

	if (!source)
		source = source_create(rib, addr);
	if (source)
		source->n_routes++;
	return source;
}

void ctl_rib_source_put(struct ctl_rib *rib, uint32_t number)
{
	struct ctl_rib_source *source = source_at(rib, number);

	if (--source->n_routes > 0)
		return;
	if (source->doomed)
		LIST_REMOVE(source, list);
	if (!source->detached)
		ctl_hash_remove(&rib->sources, &source->node);
	ctl_pool_free(&rib->source_pool, number);
}

bool ctl_rib_source_is_doomed(const struct ctl_rib *rib, uint32_t number)
{
	return number && source_at(rib, number)->doomed;
}

struct ctl_addr ctl_rib_source_addr(const struct ctl_rib *rib, uint32_t number)
{
	const struct ctl_addr none = { .family = AF_UNSPEC };

	return number ? source_at(rib, number)->addr : none;
}
