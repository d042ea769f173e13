/*
 * IPv6 routes of one prefix and metric that have gateways. The kernel holds each on its own and
 * calls them siblings; here they are the paths of one route, as it tells them in its dumps
 * (rt6_fill_node()). When one comes it tells all of them, beginning with that one; when one goes
 * it tells that one (fib6_add_rt2node(), fib6_del_route()). Their order means nothing.
 *
 * Routes without gateway, over objects, and of router advertisements have no siblings.
 */

#include "control/mirror/ctl_rib_tables.h"

#include <linux/rtnetlink.h>

static int path_compare(const struct ctl_rib_path_key *a, const struct ctl_rib_path_key *b)
{
	if (a->ifindex != b->ifindex)
		return a->ifindex < b->ifindex ? -1 : 1;
	return memcmp(a->gateway.bytes, b->gateway.bytes, sizeof(a->gateway.bytes));
}

/* There are few paths, and most often they come in order. */
void ctl_rib_sibling_sort(struct ctl_rib_set_key *key)
{
	for (unsigned i = 1; i < key->n_paths; i++) {
		struct ctl_rib_path_key path = key->paths[i];
		unsigned at = i;

		for (; at > 0 && path_compare(&path, &key->paths[at - 1]) < 0; at--)
			key->paths[at] = key->paths[at - 1];
		key->paths[at] = path;
	}
}

static bool message_is_sibling(const struct ctl_nl_route *msg)
{
	if (msg->nexthop_id != 0 || msg->protocol == RTPROT_RA || msg->n_paths == 0)
		return false;
	for (unsigned i = 0; i < msg->n_paths; i++) {
		if (msg->paths[i].gateway.family == AF_UNSPEC)
			return false;
	}
	return true;
}

static bool route_is_sibling(const struct ctl_rib *rib, const struct ctl_rib_route *route)
{
	const struct ctl_rib_set *set = ctl_rib_set_at(rib, route->set);

	if (set->nexthop || route->protocol == RTPROT_RA || set->n_paths == 0)
		return false;
	for (unsigned i = 0; i < set->n_paths; i++) {
		if (!set->paths[i].neigh || set->paths[i].neigh->addr.family == AF_UNSPEC)
			return false;
	}
	return true;
}

uint32_t ctl_rib_sibling_replaced(const struct ctl_rib *rib, uint32_t head,
				  const struct ctl_nl_route *msg, bool replace)
{
	bool is_sibling = message_is_sibling(msg);
	uint32_t first = 0;

	if (!is_sibling && !replace)
		return 0;
	for (uint32_t at = head; at; at = ctl_rib_route_at(rib, at)->next) {
		const struct ctl_rib_route *route = ctl_rib_route_at(rib, at);

		if (ctl_rib_route_order(route, msg) != 0)
			continue;
		if (route_is_sibling(rib, route) == is_sibling)
			return at;
		first = first ? first : at;
	}
	return replace ? first : 0;
}

static uint32_t sibling_find(const struct ctl_rib *rib, uint32_t head,
			     const struct ctl_nl_route *msg)
{
	for (uint32_t at = head; at; at = ctl_rib_route_at(rib, at)->next) {
		const struct ctl_rib_route *route = ctl_rib_route_at(rib, at);

		if (ctl_rib_route_order(route, msg) == 0 && route_is_sibling(rib, route))
			return at;
	}
	return 0;
}

/* A path that goes alone is told without its weight. */
static bool key_remove(struct ctl_rib_set_key *key, const struct ctl_nl_path *path)
{
	for (unsigned i = 0; i < key->n_paths; i++) {
		if (key->paths[i].ifindex != path->ifindex ||
		    !ctl_addr_equal(&key->paths[i].gateway, &path->gateway))
			continue;
		key->n_paths--;
		memmove(&key->paths[i], &key->paths[i + 1],
			(key->n_paths - i) * sizeof(key->paths[0]));
		return true;
	}
	return false;
}

uint32_t ctl_rib_sibling_rest(const struct ctl_rib *rib, uint32_t head,
			      const struct ctl_nl_route *msg, struct ctl_rib_set_key *key)
{
	uint32_t at = message_is_sibling(msg) ? sibling_find(rib, head, msg) : 0;

	if (!at)
		return 0;
	ctl_rib_set_key_get(ctl_rib_set_at(rib, ctl_rib_route_at(rib, at)->set), key);
	for (unsigned i = 0; i < msg->n_paths; i++) {
		if (!key_remove(key, &msg->paths[i]))
			return 0;
	}
	/* Of a single path the kernel tells no weight. */
	if (key->n_paths == 1)
		key->paths[0].weight = 1;
	return at;
}
