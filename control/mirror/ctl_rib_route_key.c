#include "control/mirror/ctl_rib_tables.h"

#include <linux/rtnetlink.h>

bool ctl_rib_route_kind(uint8_t type, enum ctl_rib_kind *kind)
{
	switch (type) {
	case RTN_UNICAST:
		*kind = CTL_RIB_UNICAST;
		return true;
	case RTN_LOCAL:
	case RTN_ANYCAST:
	case RTN_BROADCAST:
		*kind = CTL_RIB_LOCAL;
		return true;
	case RTN_BLACKHOLE:
		*kind = CTL_RIB_BLACKHOLE;
		return true;
	case RTN_UNREACHABLE:
	case RTN_PROHIBIT:
		*kind = CTL_RIB_UNREACHABLE;
		return true;
	case RTN_THROW:
		*kind = CTL_RIB_THROW;
		return true;
	default:
		return false;
	}
}

/*
 * The kernel calls a path dead as well that only has no carrier, where routes without carrier are
 * to be ignored. That is decided here by the link itself, so that it ends with the carrier's return;
 * what is left of dead paths are those of links that are down or have lost their last IPv4 address.
 */
static bool path_is_dead(const struct ctl_rib *rib, const struct ctl_nl_path *path, uint8_t family)
{
	const struct ctl_rib_link *link = ctl_rib_link_find(rib, path->ifindex);

	if (!(path->flags & RTNH_F_DEAD))
		return false;
	return !ctl_rib_link_ignores_linkdown(rib, link, family) || !ctl_rib_link_is_up(link) ||
	       (family == AF_INET && link->n_addrs == 0);
}

/* A route whose paths are all dead would be gone: what is missing is only the carrier. */
static void key_revive(const struct ctl_rib *rib, struct ctl_rib_set_key *key)
{
	for (unsigned i = 0; i < key->n_paths; i++) {
		if (!key->paths[i].dead)
			return;
	}
	for (unsigned i = 0; i < key->n_paths; i++) {
		const struct ctl_rib_link *link = ctl_rib_link_find(rib, key->paths[i].ifindex);

		key->paths[i].dead = !ctl_rib_link_is_ignored(rib, link, key->family);
	}
}

bool ctl_rib_route_key(const struct ctl_rib *rib, const struct ctl_nl_route *msg,
		       struct ctl_rib_set_key *key)
{
	if (!ctl_rib_route_kind(msg->type, &key->kind))
		return false;
	key->family = msg->prefix.family;
	key->unsupported = msg->unsupported;
	key->host_scope = msg->scope == RT_SCOPE_HOST;
	key->n_paths = msg->n_paths;
	for (unsigned i = 0; i < msg->n_paths; i++) {
		key->paths[i].ifindex = msg->paths[i].ifindex;
		key->paths[i].weight = msg->paths[i].weight;
		key->paths[i].dead = path_is_dead(rib, &msg->paths[i], key->family);
		key->paths[i].gateway = msg->paths[i].gateway;
		if (key->kind != CTL_RIB_UNICAST)
			memset(&key->paths[i].gateway, 0, sizeof(key->paths[i].gateway));
	}
	key_revive(rib, key);
	if (key->family == AF_INET6)
		ctl_rib_sibling_sort(key);
	return true;
}

struct ctl_rib_set *ctl_rib_route_set_of(struct ctl_rib *rib, const struct ctl_nl_route *msg)
{
	struct ctl_rib_nexthop *nexthop;
	struct ctl_rib_set_key key;

	if (msg->nexthop_id != 0) {
		nexthop = ctl_rib_nexthop_get(rib, msg->nexthop_id);
		return nexthop ? nexthop->set : NULL;
	}
	return ctl_rib_route_key(rib, msg, &key) ? ctl_rib_set_get(rib, &key) : NULL;
}
