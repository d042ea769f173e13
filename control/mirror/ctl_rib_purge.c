/*
 * What the kernel does to its IPv4 routes without telling, done to ours (fib_sync_down_dev(),
 * fib_sync_down_addr() and fib_sync_up() of the kernel, which decide by path: a route goes when its
 * last path is dead, and what survives gets its path back when the link comes up).
 *
 * Routes over nexthop objects are not touched here: they live and die with the object.
 */

#include "control/mirror/ctl_rib_tables.h"

#include <stdlib.h>

#include <linux/rtnetlink.h>

static void set_purge(struct ctl_rib *rib, struct ctl_rib_set *set, int ifindex,
		      enum ctl_rib_purge why)
{
	bool changed = false;
	bool leads_there = false;
	unsigned n_dead = 0;

	if (set->host_scope && why == CTL_RIB_LINK_DOWN)
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
	if (n_dead == set->n_paths || why == CTL_RIB_LINK_GONE) {
		rib->purges += set->n_routes;
		/* Its key has changed, but only the last route's going frees it. */
		ctl_rib_set_delete_routes(rib, set);
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

void ctl_rib_revive_link(struct ctl_rib *rib, int ifindex)
{
	struct ctl_rib_set *set = LIST_FIRST(&rib->all_sets);

	while (set) {
		struct ctl_rib_set *next = LIST_NEXT(set, all);

		if (!set->nexthop)
			set_revive(rib, set, ifindex);
		set = next;
	}
}

static void purge_source_in(struct ctl_rib *rib, struct ctl_rib_route_queue *queue,
			    const struct ctl_rib_source *source, uint64_t n)
{
	struct ctl_rib_route *route = TAILQ_FIRST(queue);

	while (route && n > 0) {
		struct ctl_rib_route *next = TAILQ_NEXT(route, by_gen);

		if (route->source == source && route->table == RT_TABLE_MAIN) {
			ctl_rib_route_delete(rib, route);
			rib->purges++;
			n--;
		}
		route = next;
	}
}

static bool source_equal(const struct ctl_hash_node *node, const void *key)
{
	return ctl_addr_equal(&CTL_CONTAINER(node, const struct ctl_rib_source, node)->addr, key);
}

void ctl_rib_purge_source(struct ctl_rib *rib, const struct ctl_addr *addr)
{
	uint32_t hash = ctl_hash_bytes(0, addr->bytes, sizeof(addr->bytes));
	struct ctl_hash_node *node = ctl_hash_find(&rib->sources, hash, source_equal, addr);
	struct ctl_rib_source *source;

	if (!node)
		return;
	source = CTL_CONTAINER(node, struct ctl_rib_source, node);
	source->n_routes++; /* not freed with its last route before both queues were seen */
	purge_source_in(rib, &rib->seen, source, source->n_routes - 1);
	purge_source_in(rib, &rib->unseen, source, source->n_routes - 1);
	ctl_rib_source_put(rib, source);
}

struct ctl_rib_source *ctl_rib_source_get(struct ctl_rib *rib, const struct ctl_addr *addr)
{
	uint32_t hash = ctl_hash_bytes(0, addr->bytes, sizeof(addr->bytes));
	struct ctl_hash_node *node = ctl_hash_find(&rib->sources, hash, source_equal, addr);
	struct ctl_rib_source *source = node ? CTL_CONTAINER(node, struct ctl_rib_source, node)
					     : calloc(1, sizeof(*source));

	if (source && !node) {
		source->addr = *addr;
		ctl_hash_insert(&rib->sources, &source->node, hash);
	}
	if (source)
		source->n_routes++;
	return source;
}

void ctl_rib_source_put(struct ctl_rib *rib, struct ctl_rib_source *source)
{
	if (--source->n_routes > 0)
		return;
	ctl_hash_remove(&rib->sources, &source->node);
	free(source);
}
