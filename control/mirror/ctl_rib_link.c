#include "control/mirror/ctl_rib_tables.h"

#include <errno.h>
#include <stdlib.h>

/* IFF_LOWER_UP: <linux/if.h>, which has it, cannot be included beside <net/if.h>. */
#define LINK_LOWER_UP (1U << 16)

static uint32_t link_hash(int ifindex)
{
	return ctl_hash_bytes(0, &ifindex, sizeof(ifindex));
}

static bool link_equal(const struct ctl_hash_node *node, const void *key)
{
	return CTL_CONTAINER(node, const struct ctl_rib_link, node)->ifindex == *(const int *)key;
}

static struct ctl_rib_link *link_of(struct ctl_hash_node *node)
{
	return node ? CTL_CONTAINER(node, struct ctl_rib_link, node) : NULL;
}

struct ctl_rib_link *ctl_rib_link_find(const struct ctl_rib *rib, int ifindex)
{
	return link_of(ctl_hash_find(&rib->links, link_hash(ifindex), link_equal, &ifindex));
}

/* As the kernel decides it in fib_netdev_event() and nh_netdev_event(). */
static bool flags_have_carrier(uint32_t flags)
{
	return flags & (IFF_RUNNING | LINK_LOWER_UP);
}

bool ctl_rib_link_is_up(const struct ctl_rib_link *link)
{
	return link && (link->flags & IFF_UP);
}

bool ctl_rib_link_is_alive(const struct ctl_rib_link *link)
{
	return ctl_rib_link_is_up(link) && flags_have_carrier(link->flags);
}

bool ctl_rib_link_is_usable(const struct ctl_rib *rib, const struct ctl_rib_link *link)
{
	return ctl_rib_link_is_alive(link) &&
	       (link->port == CTL_RIB_NO_PORT || !rib->port_dead[link->port]);
}

bool ctl_rib_link_ignores_linkdown(const struct ctl_rib *rib, const struct ctl_rib_link *link,
				   uint8_t family)
{
	if (link && family == AF_INET6)
		return link->ignores_linkdown6;
	return link && (rib->all_ignore_linkdown || link->ignores_linkdown);
}

bool ctl_rib_link_is_ignored(const struct ctl_rib *rib, const struct ctl_rib_link *link,
			     uint8_t family)
{
	return ctl_rib_link_ignores_linkdown(rib, link, family) && ctl_rib_link_is_up(link) &&
	       !ctl_rib_link_is_alive(link);
}

static int port_by_name(const struct ctl_rib *rib, const char *name)
{
	for (unsigned port = 0; port < rib->params.n_ports; port++) {
		if (strcmp(rib->port_names[port], name) == 0)
			return (int)port;
	}
	return CTL_RIB_NO_PORT;
}

static void tell_admin(const struct ctl_rib *rib, int port, bool up)
{
	if (port != CTL_RIB_NO_PORT && rib->params.ops.port_admin)
		rib->params.ops.port_admin(rib->params.arg, (unsigned)port, up);
}

/* Tells the port layer what differs from before; everything when the port is new to the link. */
static void tell_changes(const struct ctl_rib *rib, const struct ctl_rib_link *link,
			 const struct ctl_rib_link *before)
{
	const struct ctl_mirror_ops *ops = &rib->params.ops;
	bool all = before->port != link->port;

	if (all)
		tell_admin(rib, before->port, false);
	if (link->port == CTL_RIB_NO_PORT)
		return;
	if (ops->port_mtu && (all || before->mtu != link->mtu))
		ops->port_mtu(rib->params.arg, (unsigned)link->port, link->mtu);
	if (ops->port_mac && link->has_mac &&
	    (all || memcmp(before->mac, link->mac, sizeof(link->mac)) != 0))
		ops->port_mac(rib->params.arg, (unsigned)link->port, link->mac);
	if (all || ctl_rib_link_is_up(before) != ctl_rib_link_is_up(link))
		tell_admin(rib, link->port, ctl_rib_link_is_up(link));
}

static void link_fill(const struct ctl_rib *rib, struct ctl_rib_link *link,
		      const struct ctl_nl_link *msg)
{
	memcpy(link->name, msg->name, sizeof(link->name));
	link->port = port_by_name(rib, link->name);
	link->flags = msg->flags;
	link->mtu = msg->mtu;
	link->has_mac = msg->has_mac;
	memcpy(link->mac, msg->mac, sizeof(link->mac));
	link->master = msg->master;
	link->gen = rib->gen;
	link->audit = rib->audit;
}

static struct ctl_rib_link *link_create(struct ctl_rib *rib, int ifindex)
{
	struct ctl_rib_link *link = calloc(1, sizeof(*link));

	if (!link) {
		rib->suspect = true;
		return NULL;
	}
	link->ifindex = ifindex;
	link->port = CTL_RIB_NO_PORT;
	ctl_hash_insert(&rib->links, &link->node, link_hash(ifindex));
	return link;
}

static void link_changed(struct ctl_rib *rib, const struct ctl_rib_link *link,
			 const struct ctl_rib_link *before)
{
	bool was_up = ctl_rib_link_is_up(before);
	bool is_up = ctl_rib_link_is_up(link);
	bool was_alive = ctl_rib_link_is_alive(before);
	bool is_alive = ctl_rib_link_is_alive(link);

	/* The data path first: it must not send into a dead link while routes are sorted out. */
	if (was_alive != is_alive || before->port != link->port)
		ctl_rib_neigh_refresh_link(rib, link->ifindex);
	if (was_up && !is_up)
		ctl_rib_purge_link(rib, link->ifindex, CTL_RIB_LINK_DOWN);
	if (was_alive && !is_alive)
		ctl_rib_nexthop_purge_link(rib, link->ifindex);
	/* IPv6 waits for the carrier. */
	if (!was_up && is_up)
		ctl_rib_revive_link(rib, link->ifindex, AF_INET);
	if (!was_alive && is_alive)
		ctl_rib_revive_link(rib, link->ifindex, AF_INET6);
	/* Entering or leaving a VRF moves routes between tables. */
	if (before->name[0] != '\0' &&
	    (was_up != is_up || was_alive != is_alive || before->master != link->master))
		rib->suspect = true;
}

static void link_remove(struct ctl_rib *rib, struct ctl_rib_link *link)
{
	int ifindex = link->ifindex;
	int port = link->port;

	ctl_hash_remove(&rib->links, &link->node);
	free(link);
	tell_admin(rib, port, false);
	ctl_rib_neigh_refresh_link(rib, ifindex);
	ctl_rib_purge_link(rib, ifindex, CTL_RIB_LINK_GONE);
	ctl_rib_nexthop_purge_link(rib, ifindex);
	ctl_rib_rule_touch_all(rib);
	rib->suspect = true;
}

int ctl_rib_apply_link(struct ctl_rib *rib, const struct ctl_nl_link *msg, bool dump)
{
	struct ctl_rib_link *link = ctl_rib_link_find(rib, msg->ifindex);
	struct ctl_rib_link before;

	ctl_diffs_touch_all(&rib->diffs);
	if (msg->removed) {
		if (link)
			link_remove(rib, link);
		ctl_rib_work_little(rib);
		return 0;
	}
	if (!link)
		link = link_create(rib, msg->ifindex);
	if (!link)
		return -ENOMEM;
	before = *link;
	link_fill(rib, link, msg);
	tell_changes(rib, link, &before);
	ctl_rib_netconf_tell(rib, link);
	link_changed(rib, link, &before);
	/*
	 * The kernel gives a link its IPv6 paths back when it can send, which may be a second after
	 * its flags have said that there is a carrier (addrconf_link_ready()); then it tells of the
	 * link once more, with the same flags.
	 */
	if (!dump && ctl_rib_link_is_alive(link) &&
	    ctl_rib_link_has_dead(rib, link->ifindex, AF_INET6))
		rib->suspect = true;
	if (before.master != link->master || strcmp(before.name, link->name) != 0)
		ctl_rib_rule_touch_all(rib);
	ctl_rib_work_little(rib);
	return 0;
}

void ctl_rib_port_carrier(struct ctl_rib *rib, unsigned port, bool up)
{
	struct ctl_hash_node *node = NULL;

	if (rib->port_dead[port] == !up)
		return;
	rib->port_dead[port] = !up;
	while ((node = ctl_hash_next(&rib->links, node))) {
		if (link_of(node)->port == (int)port)
			ctl_rib_neigh_refresh_link(rib, link_of(node)->ifindex);
	}
}

void ctl_rib_link_sweep(struct ctl_rib *rib)
{
	struct ctl_hash_node *node = ctl_hash_next(&rib->links, NULL);

	while (node) {
		struct ctl_rib_link *link = link_of(node);

		node = ctl_hash_next(&rib->links, node);
		if (link->gen != rib->gen) {
			rib->swept++;
			link_remove(rib, link);
		}
	}
}

void ctl_rib_link_clear(struct ctl_rib *rib)
{
	struct ctl_hash_node *node = ctl_hash_next(&rib->links, NULL);

	while (node) {
		struct ctl_rib_link *link = link_of(node);

		node = ctl_hash_next(&rib->links, node);
		ctl_hash_remove(&rib->links, &link->node);
		free(link);
	}
}
