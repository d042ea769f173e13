#include "control/mirror/ctl_rib_tables.h"

#include <stdio.h>

static void path_show(const struct ctl_rib *rib, const struct ctl_rib_path *path,
		      struct ctl_mirror_path *out)
{
	const struct ctl_rib_link *link = ctl_rib_link_find(rib, path->ifindex);

	memset(out, 0, sizeof(*out));
	if (link) {
		snprintf(out->port, sizeof(out->port), "%s", link->name);
		out->is_port = link->port != CTL_RIB_NO_PORT;
	}
	out->usable = !path->dead && ctl_rib_link_is_usable(rib, link);
	out->weight = path->weight;
	if (!path->neigh)
		return;
	out->gateway = path->neigh->addr;
	out->resolved = ctl_rib_neigh_is_valid(path->neigh);
	if (out->resolved)
		memcpy(out->mac, path->neigh->mac, sizeof(out->mac));
}

static void route_show(const struct ctl_rib *rib, uint32_t number, struct ctl_mirror_route *out)
{
	const struct ctl_rib_route *route = ctl_rib_route_at(rib, number);
	const struct ctl_rib_set *set = ctl_rib_set_at(rib, route->set);

	out->prefix = ctl_rib_route_prefix(rib, number);
	out->depth = route->leaf.depth;
	out->protocol = route->protocol;
	out->type = route->type;
	out->table = ctl_rib_table_of(rib, route)->id;
	out->metric = route->metric;
	out->source = ctl_rib_source_addr(rib, route->source);
	out->nexthop_id = set->nexthop ? set->nexthop->id : 0;
	out->n_paths = set->n_paths;
	for (unsigned i = 0; i < set->n_paths; i++)
		path_show(rib, &set->paths[i], &out->paths[i]);
}

static int prefix_walk(const struct ctl_rib *rib, uint32_t head, ctl_mirror_route_fn fn, void *arg)
{
	const struct ctl_rib_route *active = ctl_rib_fib_route(rib, ctl_rib_route_at(rib, head));
	struct ctl_mirror_route out;
	uint32_t next;
	int rc = 0;

	out.place = 0;
	for (uint32_t at = head; at && rc == 0; at = next) {
		const struct ctl_rib_route *route = ctl_rib_route_at(rib, at);

		next = route->next;
		if (ctl_rib_route_is_doomed(rib, route))
			continue;
		route_show(rib, at, &out);
		out.active = route == active;
		rc = fn(&out, arg);
		out.place++;
	}
	return rc;
}

static int table_walk(const struct ctl_rib *rib, const struct ctl_trie *routes,
		      const struct ctl_mirror_route *from, ctl_mirror_route_fn fn, void *arg)
{
	uint32_t head = from ? ctl_trie_find(routes, &from->prefix, from->depth)
			     : ctl_trie_first(routes);
	int rc = 0;

	if (from && !head)
		head = ctl_trie_after(routes, &from->prefix, from->depth);
	while (head && rc == 0) {
		const struct ctl_rib_route *route = ctl_rib_route_at(rib, head);
		struct ctl_addr prefix = ctl_rib_route_prefix(rib, head);

		rc = prefix_walk(rib, head, fn, arg);
		head = ctl_trie_after(routes, &prefix, route->leaf.depth);
	}
	return rc;
}

static int family_walk(const struct ctl_rib *rib, uint8_t family,
		       const struct ctl_mirror_route *from, ctl_mirror_route_fn fn, void *arg)
{
	struct ctl_rib_table *table = ctl_rib_table_from(rib, from ? from->table : 0);
	int rc = 0;

	for (; table && rc == 0; table = ctl_rib_table_from(rib, table->id + 1ULL))
		rc = table_walk(rib, ctl_rib_table_routes(table, family),
				from && table->id == from->table ? from : NULL, fn, arg);
	return rc;
}

int ctl_rib_walk_routes(const struct ctl_rib *rib, const struct ctl_mirror_route *from,
			ctl_mirror_route_fn fn, void *arg)
{
	int rc = 0;

	if (!from || from->prefix.family == AF_INET) {
		rc = family_walk(rib, AF_INET, from, fn, arg);
		from = NULL;
	}
	if (rc == 0)
		rc = family_walk(rib, AF_INET6, from, fn, arg);
	return rc;
}

int ctl_rib_walk_neighbours(const struct ctl_rib *rib, ctl_mirror_neighbour_fn fn, void *arg)
{
	const struct ctl_hash_node *node = NULL;

	while ((node = ctl_hash_next(&rib->neighs, node))) {
		const struct ctl_rib_neigh *neigh = CTL_CONTAINER(node, const struct ctl_rib_neigh,
								  node);
		const struct ctl_rib_link *link = ctl_rib_link_find(rib, neigh->ifindex);
		struct ctl_mirror_neighbour out = { .addr = neigh->addr, .state = neigh->state };
		int rc;

		if (!neigh->known)
			continue;
		if (link) {
			snprintf(out.port, sizeof(out.port), "%s", link->name);
			out.is_port = link->port != CTL_RIB_NO_PORT;
		}
		out.resolved = ctl_rib_neigh_is_valid(neigh);
		out.gateway = !LIST_EMPTY(&neigh->users);
		if (neigh->has_mac)
			memcpy(out.mac, neigh->mac, sizeof(out.mac));
		rc = fn(&out, arg);
		if (rc != 0)
			return rc;
	}
	return 0;
}
